import type { Store } from '@postern/store'
import type { ClaimRow, Schema } from './claim-table.ts'
import { retentionMs } from './claims.ts'
import { storeMark } from './store-mark.ts'

/** A write of a call that is gone. */
export interface GoneWrite {
  readonly request: string
  /** Its claim as `notes.claim` told it; undefined where it was not told. */
  readonly claim: { readonly id: string; readonly store: string } | undefined
  /** When it began (ISO 8601). */
  readonly time: string
}

/** `open`: it has not ended; whoever ends it tells `settled`. `told`: somebody has ended it and told so already. */
export type GoneOutcome = 'executed' | 'refused' | 'not_executed' | 'unknown' | 'open' | 'told'

const rowsMax = 500
/** Clocks of the process that began it and of the database may differ by this. */
const marginMs = 24 * 60 * 60 * 1000

/**
 * What became of writes whose calls are gone, by what their claims say; in the order of the question. Of one that was
 * given back nobody can say whether that was told too: it is `not_executed`.
 */
export async function outcomesOf(store: Store, writes: readonly GoneWrite[]): Promise<readonly GoneOutcome[]> {
  const mark = await storeMark(store)
  const ids = writes.flatMap(({ claim }) => (claim?.store === mark ? claim.id : []))
  const rows = new Map<string, Claim>()
  for (let from = 0; from < ids.length; from += rowsMax)
    for (const row of await claimsWith(store, ids.slice(from, from + rowsMax))) rows.set(row.id, row)
  const now = await nowOf(store)
  return writes.map(({ request, claim, time }) => {
    // Of a claim in another store this one knows nothing.
    if (claim === undefined || claim.store !== mark) return 'unknown'
    const row = rows.get(claim.id)
    return row === undefined ? outcomeWithout(now - Date.parse(time)) : outcomeWith(row, request)
  })
}

type Claim = Pick<ClaimRow, 'id' | 'request_id' | 'state' | 'outcome' | 'ended_by'>

function claimsWith(store: Store, ids: readonly string[]): Promise<Claim[]> {
  return store
    .query<Schema>()
    .selectFrom('idempotency_claims')
    .select(['id', 'request_id', 'state', 'outcome', 'ended_by'])
    .where('id', 'in', ids)
    .execute()
}

async function nowOf(store: Store): Promise<number> {
  const { now } = await store.query().selectNoFrom(store.now.as('now')).executeTakeFirstOrThrow()
  return now
}

function outcomeWith({ request_id, state, outcome, ended_by }: Claim, request: string): GoneOutcome {
  // Taken over by another call, which told it, before anything was sent.
  if (request_id !== request || ended_by !== null) return 'told'
  if (state === 'claimed' || state === 'sent') return 'open'
  return outcome === 'unchanged' ? 'not_executed' : (outcome ?? 'unknown')
}

/** Given back, or never committed; but a finished one that is old enough was deleted. */
function outcomeWithout(ageMs: number): GoneOutcome {
  return Math.abs(ageMs) < retentionMs - marginMs ? 'not_executed' : 'unknown'
}
