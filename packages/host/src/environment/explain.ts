import { z } from 'zod'
import { nearest } from './nearest.ts'
import type { YamlFile } from './read-yaml.ts'

type Issue = z.core.$ZodIssue
type Json = Readonly<Record<string, unknown>>

const linesMax = 20

/**
 * What is wrong with a file, one sentence a fault: file, line, key, what was expected, and the nearest valid word for
 * what looks misspelt. Values are shown only when they are short words, so that a secret written into the wrong place
 * does not end up in a log.
 */
export function explain(file: string, yaml: YamlFile, schema: z.ZodType, error: z.ZodError): string[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json
  const line = (fault: Fault) => yaml.lineOf(fault.path, fault.key)
  const faults = error.issues.flatMap((issue) => flatten(issue, [])).sort((a, b) => line(a) - line(b))
  const lines = faults.slice(0, linesMax).map((fault) => `${file}:${line(fault)}: ${sentence(fault, yaml, json)}`)
  return faults.length > linesMax ? [...lines, `… and ${faults.length - linesMax} more.`] : lines
}

interface Fault {
  readonly path: readonly PropertyKey[]
  readonly issue: Issue
  /** An unknown key at `path`. */
  readonly key?: string
}

/** Of a union, the branch the author most likely meant: the one that got furthest into the value. */
function flatten(issue: Issue, parent: readonly PropertyKey[]): Fault[] {
  const path = [...parent, ...issue.path]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path, issue, key }))
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const branches = issue.errors.map((errors) => errors.flatMap((inner) => flatten(inner, path)))
    const depth = (faults: readonly Fault[]) =>
      Math.max(0, ...faults.map((fault) => fault.path.length + (fault.key ? 1 : 0)))
    const deepest = branches.reduce((best, branch) => (depth(branch) > depth(best) ? branch : best))
    if (depth(deepest) > path.length) return deepest
    // A rule of our own that the value breaks says more than the forms it could have had.
    const own = branches.find((branch) => branch.some((fault) => fault.issue.code === 'custom'))
    if (own) return own
  }
  return [{ path, issue }]
}

function sentence(fault: Fault, yaml: YamlFile, json: Json): string {
  const { issue } = fault
  if (fault.key !== undefined) {
    const where = [...fault.path, fault.key].map(String).join('.')
    return `there is no "${where}".${suggestion(fault.key, keysAt(json, fault.path))}`
  }
  const at = fault.path.map(String).join('.') || 'the file'
  const value = valueAt(yaml.value, fault.path)
  if (value === undefined) return `${at} is missing${expected(issue, json, fault.path)}.`
  const words = wordsAt(json, fault.path)
  const shown =
    typeof value === 'string' && value.length <= 40 && /^[\w .$/:%-]*$/.test(value) && words.length > 0
      ? ` "${value}"`
      : ''
  return `${at}${shown} is not valid${expected(issue, json, fault.path)}.${typeof value === 'string' ? suggestion(value, words) : ''}`
}

function expected(issue: Issue, json: Json, path: readonly PropertyKey[]): string {
  const words = issue.code === 'custom' ? [] : wordsAt(json, path)
  if (words.length > 0 && words.length <= 12) return `: it must be ${words.join(' or ')}`
  switch (issue.code) {
    case 'invalid_type':
      return `: it must be ${issue.expected === 'record' ? 'a map' : `a ${issue.expected}`}`
    case 'invalid_format':
      return `: it must be ${issue.message.replace(/^(Invalid (string: )?|must be )/, '')}`
    case 'too_small':
    case 'too_big':
    case 'custom':
      return `: ${issue.message}`
    default:
      return ''
  }
}

function suggestion(word: string, candidates: readonly string[]): string {
  const meant = spokenBoolean(word, candidates) ?? nearest(word, candidates)
  if (meant !== undefined) return ` Did you mean "${meant}"?`
  return candidates.length > 0 && candidates.length <= 30 ? ` Valid here: ${candidates.join(', ')}.` : ''
}

/** `yes`, `on`, `yess`: YAML 1.1 habits that are plain strings today, and must not pass for false. */
function spokenBoolean(word: string, candidates: readonly string[]): string | undefined {
  if (!candidates.includes('true')) return undefined
  if (/^(y|yes+|on|1|enabled?)$/i.test(word)) return 'true'
  return /^(n|no+|off|0|disabled?)$/i.test(word) ? 'false' : undefined
}

/** The keys that may stand in the map at a path. */
function keysAt(json: Json, path: readonly PropertyKey[]): string[] {
  return schemasAt(json, path).flatMap((schema) => Object.keys((schema['properties'] as Json | undefined) ?? {}))
}

/** The words a value at a path may be: enum members, constants, booleans. */
function wordsAt(json: Json, path: readonly PropertyKey[]): string[] {
  return schemasAt(json, path).flatMap((schema) => {
    if (Array.isArray(schema['enum'])) return schema['enum'].map(String)
    if ('const' in schema) return [String(schema['const'])]
    return schema['type'] === 'boolean' ? ['true', 'false'] : []
  })
}

function schemasAt(json: Json, path: readonly PropertyKey[]): Json[] {
  let here = branches(json)
  for (const part of path) here = here.flatMap((schema) => branches(child(schema, part)))
  return here
}

function child(schema: Json, part: PropertyKey): Json | undefined {
  if (typeof part === 'number') return schema['items'] as Json | undefined
  const properties = schema['properties'] as Readonly<Record<string, Json>> | undefined
  return properties?.[String(part)] ?? (schema['additionalProperties'] as Json | undefined)
}

function branches(schema: Json | boolean | undefined): Json[] {
  if (typeof schema !== 'object') return []
  const inner = (schema['anyOf'] ?? schema['oneOf']) as readonly Json[] | undefined
  return inner ? inner.flatMap(branches) : [schema]
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (here, part) =>
      typeof here === 'object' && here !== null ? (here as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  )
}
