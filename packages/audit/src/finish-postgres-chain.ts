import { type Store, sql } from '@postern/store'
import { linesOf } from './lines-of.ts'
import type { AuditSchema } from './migrations.ts'
import type { PostgresSinkOptions } from './postgres-sink.ts'
import type { Entry } from './record.ts'

type Place = Pick<PostgresSinkOptions, 'store' | 'context'>

/**
 * How long ago the lease of a chain has to have ended, in milliseconds. All leases end while the database is away; their
 * holders renew them every ten seconds, so they are back sooner than this.
 */
const goneMs = 15_000

/** Whether the holder of a chain is gone. */
export async function isFreePostgresChain({ store }: Place, chain: string): Promise<boolean> {
  const free = await store
    .query<AuditSchema>()
    .selectFrom('postern_audit_chain')
    .select('chain')
    .where('chain', '=', chain)
    .where(isGone(store))
    .executeTakeFirst()
  return free !== undefined
}

/**
 * Appends to a chain whose holder is gone, in one transaction. Changes nothing and answers false where it is not, or where
 * the last record is not number `after` any more.
 */
export function finishPostgresChain(
  { store, context }: Place,
  chain: string,
  after: number,
  entries: readonly Entry[],
): Promise<boolean> {
  return store.transaction(async (transaction) => {
    const db = store.within<AuditSchema>(transaction)
    const end = await db
      .selectFrom('postern_audit_chain')
      .select(['chain', 'seq', 'hash'])
      .where('chain', '=', chain)
      .where('seq', '=', after)
      .where(isGone(store))
      .forUpdate()
      .executeTakeFirst()
    if (end === undefined) return false
    const lines = linesOf(
      entries.map((entry) => ({ ...context, ...entry })),
      end,
    )
    const last = lines.at(-1)
    if (last === undefined) return false
    const at = Date.now()
    await db
      .insertInto('postern_audit_record')
      .values(lines.map(({ seq, text }) => ({ chain, seq, at, line: text })))
      .execute()
    await db
      .updateTable('postern_audit_chain')
      // A holder that was only asleep must not go on behind the stop.
      .set({ seq: last.seq, hash: last.hash, holder: '' })
      .where('chain', '=', chain)
      .execute()
    return true
  })
}

function isGone(store: Store) {
  return sql<boolean>`lease_until < ${store.now} - ${goneMs}::int8`
}
