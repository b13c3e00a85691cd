import { canonical } from '@postern/tool'
import type { KeyRing } from './hmac-keys.ts'

/** The keyed hash of a value under one of the keys that records may name. */
export interface ValueHash {
  readonly keyId: string
  /** `text`: of the value as it is, as for outputs and idempotency keys. `arguments`: of its canonical JSON. */
  readonly of: 'text' | 'arguments'
  readonly hmac: string
}

/**
 * Whether a value occurs in a log is asked by its keyed hash (`query` with `hash`), so that neither the log nor the
 * question has to hold it. `value` is an idempotency key, an answer exactly as it was received, or the arguments of a
 * call as JSON with their keys in any order.
 */
export function hashOf(value: string, keys: KeyRing): ValueHash[] {
  const args = canonicalForm(value)
  return keys.all.flatMap(({ id, of }) => [
    { keyId: id, of: 'text' as const, hmac: of(value) },
    ...(args === undefined || args === value ? [] : [{ keyId: id, of: 'arguments' as const, hmac: of(args) }]),
  ])
}

function canonicalForm(value: string): string | undefined {
  try {
    return canonical(JSON.parse(value))
  } catch {
    return undefined
  }
}
