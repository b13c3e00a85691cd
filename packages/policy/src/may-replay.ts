import type { Notes, Principal } from '@postern/tool'
import { coversOf, maskedFields } from './bind.ts'
import type { Grant } from './decide.ts'
import { inScope } from './rows.ts'

/** What is kept of a finished write for this check: its record, and the fields its stored answer left out. */
export interface Replayable {
  readonly record?: NonNullable<Notes['record']>
  readonly masked: readonly string[]
}

/**
 * Whether a caller may get the stored answer of an earlier write: the record is checked like a read of today. Out of
 * the caller's rows now: `not_found`. Fields that were masked since: to be dropped from the answer.
 *
 * @param port how the port of the record reads attributes; undefined where this version has no such port any more
 */
export function mayReplay(
  principal: Principal,
  grants: readonly Grant[],
  stored: Replayable,
  port: { readonly maskable: readonly string[]; readonly own?: boolean } | undefined,
): 'ok' | 'not_found' | { readonly dropFields: readonly string[] } {
  if (stored.record === undefined) return 'ok'
  if (port === undefined) return 'not_found'
  const covers = coversOf(grants, principal, port.own ?? false)
  if (
    !inScope(
      stored.record.attributes,
      covers.map((cover) => cover.rows),
    )
  )
    return 'not_found'
  const dropFields = maskedFields(stored.record.attributes, port.maskable, covers).filter(
    (field) => !stored.masked.includes(field),
  )
  return dropFields.length > 0 ? { dropFields } : 'ok'
}
