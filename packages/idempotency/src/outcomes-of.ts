import type { Store } from '@postern/store'
import type { ClaimRow, Schema } from './claim-table.ts'
import { retentionMs } from './claims.ts'

/** A write of a call that is gone. */
export interface GoneWrite {
  readonly request: string
  /** Id of its claim; undefined where that was never told. */
  readonly claim: string | undefined
  /** When it began (ISO 8601). */
  readonly time: string
}

/** `open`: it has not ended; whoever ends it tells `settled`. */
export type GoneOutcome = 'executed' | 'refused' | 'not_executed' | 'unknown' | 'open'

const rowsMax = 500
/** Clocks of the process that began it, of the database and of this process may differ by this. */
const marginMs = 24 * 60 * 60 * 1000

/** What became of writes whose calls are gone, by what their claims say; in the order of the question. */
export async function outcomesOf(store: Store, writes: readonly GoneWrite[]): Promise<readonly GoneOutcome[]> {
  const ids = writes.flatMap(({ claim }) => claim ?? [])
  const rows = new Map<string, Claim>()
  for (let from = 0; from < ids.length; from += rowsMax)
    for (const row of await claimsWith(store, ids.slice(from, from + rowsMax))) rows.set(row.id, row)
  return writes.map((write) => outcomeOf(write, write.claim === undefined ? undefined : rows.get(write.claim)))
}

type Claim = Pick<ClaimRow, 'id' | 'request_id' | 'state' | 'outcome'>

function claimsWith(store: Store, ids: readonly string[]): Promise<Claim[]> {
  return store
    .query<Schema>()
    .selectFrom('idempotency_claims')
    .select(['id', 'request_id', 'state', 'outcome'])
    .where('id', 'in', ids)
    .execute()
}

function outcomeOf({ request, claim, time }: GoneWrite, row: Claim | undefined): GoneOutcome {
  // Taken over by another call before anything was sent, or given back: nothing happened. But a claim that is gone may
  // also have been done, and deleted past its retention.
  if (row !== undefined && row.request_id !== request) return 'not_executed'
  if (row === undefined) return claim !== undefined && isYoung(time) ? 'not_executed' : 'unknown'
  if (row.state === 'claimed' || row.state === 'sent') return 'open'
  if (row.outcome === 'unchanged') return 'not_executed'
  return row.outcome ?? 'unknown'
}

function isYoung(time: string): boolean {
  return Date.now() - Date.parse(time) < retentionMs - marginMs
}
