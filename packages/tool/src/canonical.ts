import { createHash } from 'node:crypto'

/**
 * Canonical JSON (RFC 8785): members sorted by UTF-16 code units, no white space. Two values that mean the same give
 * the same text. Takes what `JSON.parse` or a zod schema returns; undefined members are left out.
 *
 * @throws TypeError for values JSON cannot carry: non-finite numbers, bigint, functions, lone surrogates.
 */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw new TypeError('a lone surrogate has no canonical form')
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('a non-finite number has no canonical form')
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
      return canonicalObject(value as Record<string, unknown>)
    default:
      throw new TypeError(`${typeof value} has no canonical form`)
  }
}

function canonicalObject(value: Record<string, unknown>): string {
  const members: string[] = []
  for (const key of Object.keys(value).sort())
    if (value[key] !== undefined) members.push(`${canonical(key)}:${canonical(value[key])}`)
  return `{${members.join(',')}}`
}

/** SHA-256 over the canonical form, in hex. */
export function digest(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex')
}
