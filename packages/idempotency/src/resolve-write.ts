import { ToolError, toEnvelope } from '@postern/errors'
import type { ClaimRow, Schema } from './claim-table.ts'
import { type ClaimAt, Claims, claimsAt } from './claims.ts'
import { details, type WriteDetails } from './list-writes.ts'
import type { WriteOptions } from './options.ts'
import { settled } from './recover.ts'
import { storedWrite } from './replay.ts'

export interface Resolution {
  readonly id: string
  /** What the operator found in the upstream system. */
  readonly outcome: 'executed' | 'not_executed'
  /** Who says so and how they know; kept with the write, never shown to a caller. */
  readonly note: string
}

/**
 * Settles a write whose outcome is unknown.
 *
 * `executed`: every repetition is told that it took effect. `not_executed`: its key is free, and the same call may be
 * sent again.
 *
 * @returns the write as it is now; after `not_executed` as it was
 * @throws Error with a sentence for the operator: no such write, or its outcome is not unknown
 */
export async function resolveWrite(
  options: Pick<WriteOptions, 'store' | 'settled'>,
  resolution: Resolution,
): Promise<WriteDetails> {
  const { store } = options
  return store.transaction(async (transaction) => {
    const db = store.within<Schema>(transaction)
    const { numUpdatedRows } = await db
      .updateTable('idempotency_claims')
      // Held like any claim from here on: a second operator finds that it is settled.
      .set((row) => ({ state: 'sent', fence: row('fence', '+', 1), note: resolution.note }))
      .where('id', '=', resolution.id)
      .where('state', '=', 'unknown')
      .executeTakeFirstOrThrow()
    const row = await claimsAt(store, db).where('id', '=', resolution.id).executeTakeFirst()
    if (row === undefined) throw new Error(`There is no write ${resolution.id} in this store.`)
    if (numUpdatedRows !== 1n) throw new Error(notUnknown(row))
    const claims = new Claims(store)
    await (resolution.outcome === 'executed'
      ? claims.finish(
          row,
          {
            outcome: 'executed',
            reply: tookEffect(row),
            notes: storedWrite(row),
            note: resolution.note,
            endedBy: 'operator',
          },
          transaction,
        )
      : claims.release(row, transaction))
    await settled(options, row, { outcome: resolution.outcome, by: 'operator' }, transaction)
    const after = await claimsAt(store, db).where('id', '=', resolution.id).executeTakeFirst()
    return details(after ?? row)
  })
}

function notUnknown(row: ClaimAt): string {
  return row.state === 'done'
    ? `Write ${row.id} is settled: ${row.outcome}. Nothing was changed.`
    : `Write ${row.id} is still ${row.state}; it is driven to an end by itself. Only an unknown one can be resolved.`
}

/** No answer of the upstream is known, so a repetition learns that there is nothing to repeat. */
function tookEffect(row: ClaimRow) {
  const error = new ToolError(
    'CONFLICT',
    'exists',
    `This call of ${row.tool} took effect; an operator has checked it.`,
    {
      nextStep: 'Do not repeat it. Read the record it made or changed.',
      details: { outcome: 'executed' },
    },
  )
  const envelope = toEnvelope(error, row.request_id)
  return { text: JSON.stringify(envelope), isError: true, error: envelope.error }
}
