import { type Kysely, type Store, sql } from '@postern/store'
import type { AuditSchema } from './migrations.ts'
import { genesis } from './record.ts'
import { chainName } from './segment.ts'
import type { Taken } from './sink.ts'

/** A chain is given up by whoever has not been heard of for this long. */
export const leaseMs = 30_000

export interface ChainHead {
  readonly seq: number
  readonly hash: string
}

/** A record as a row. */
export interface RecordRow {
  readonly seq: number
  readonly at: number
  readonly line: string
}

type Db = Kysely<AuditSchema>

/**
 * Takes the lowest chain of the server that nobody holds, or a new one.
 *
 * A lease rather than an advisory lock: a lock needs a session of its own, which poolers do not give. What keeps two
 * writers apart for certain is not the lease: `advance` moves a chain only from the head that its writer knows.
 */
export async function takeChain(store: Store, server: string, holder: string): Promise<Taken> {
  return store.transaction(async (transaction) => {
    const db = store.within<AuditSchema>(transaction)
    // Takers queue up here; writers are not held up.
    await sql`select pg_advisory_xact_lock(hashtext('postern audit slots'), hashtext(${server}))`.execute(db)
    const chains = await db
      .selectFrom('postern_audit_chain')
      .select(['chain', 'slot', 'seq', (is) => is('lease_until', '<', store.now).as('free')])
      .orderBy('slot')
      .execute()
    const free = chains.find((one) => one.free)
    if (free !== undefined) {
      await db
        .updateTable('postern_audit_chain')
        .set({ holder, lease_until: sql<number>`${store.now} + ${leaseMs}::int8` })
        .where('chain', '=', free.chain)
        .execute()
      return { chain: free.chain, after: free.seq }
    }
    const slot = chains.length
    const chain = chainName(server, slot)
    const lease = sql<number>`${store.now} + ${leaseMs}::int8`
    await db
      .insertInto('postern_audit_chain')
      .values({ chain, slot, seq: 0, hash: genesis, holder, lease_until: lease })
      .execute()
    return { chain, after: 0 }
  })
}

/** The head, unless another process has taken the chain over. `lock`: nobody else moves it until the transaction ends. */
export async function chainHead(
  db: Db,
  chain: string,
  holder: string,
  lockMs?: number,
): Promise<ChainHead | undefined> {
  if (lockMs === undefined)
    return db
      .selectFrom('postern_audit_chain')
      .select(['seq', 'hash'])
      .where('chain', '=', chain)
      .where('holder', '=', holder)
      .executeTakeFirst()
  // The claim's own lock wait is far shorter, and running into it would be read as "this write is in progress".
  const { rows } = await sql<ChainHead>`
    with patience as materialized (select set_config('lock_timeout', ${String(lockMs)}, true) as set)
    select c.seq, c.hash from postern_audit_chain c, patience
    where patience.set is not null and c.chain = ${chain} and c.holder = ${holder}
    for update of c`.execute(db)
  return rows[0]
}

/**
 * Appends rows behind `from`, in one statement. Answers false, and changes nothing, when the chain's head is another
 * one: that is what makes a fork impossible, whoever believes to hold the chain. Where another transaction is moving
 * the chain, it waits for that to end.
 *
 * `durability`: `asynchronous` lets the commit return before it is on disk (for reads); `own` leaves it to the
 * transaction around it. `lockMs`: how long it waits; the transaction around it may have set far less, which would be
 * read as if its own row were locked.
 */
export async function advance(
  db: Db,
  now: Store['now'],
  chain: { readonly name: string; readonly holder: string; readonly from: ChainHead; readonly to: ChainHead },
  rows: readonly RecordRow[],
  durability: 'durable' | 'asynchronous' | 'own',
  lockMs: number,
): Promise<boolean> {
  const values = sql.join(rows.map(({ seq, at, line }) => sql`(${seq}::int8, ${at}::int8, ${line}::text)`))
  const { rows: moved } = await sql<{ seq: number }>`
    with mode as materialized (
      select set_config('synchronous_commit', ${commitMode[durability]}, true) as set,
        set_config('lock_timeout', ${String(lockMs)}, true) as patience
    ), locked as materialized (
      select c.chain, c.seq, c.hash from postern_audit_chain c, mode
      where mode.set is not null and mode.patience is not null and c.chain = ${chain.name} and c.holder = ${chain.holder}
      for update of c
    ), head as (
      update postern_audit_chain c
      set seq = ${chain.to.seq}::int8, hash = ${chain.to.hash}, lease_until = ${now} + ${leaseMs}::int8
      from locked
      where c.chain = locked.chain and locked.seq = ${chain.from.seq}::int8 and locked.hash = ${chain.from.hash}
      returning c.chain
    )
    insert into postern_audit_record (chain, seq, at, line)
    select head.chain, v.seq, v.at, v.line from head, (values ${values}) as v (seq, at, line)
    returning seq`.execute(db)
  return moved.length > 0
}

/** What the administrator set counts, unless it is to give up durability where we promise it. */
const commitMode = {
  asynchronous: sql`'off'`,
  durable: sql`case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end`,
  own: sql`current_setting('synchronous_commit')`,
}

/** Keeps the chain. Answers false when it is lost. */
export async function renewLease(store: Store, chain: string, holder: string): Promise<boolean> {
  const { numUpdatedRows } = await store
    .query<AuditSchema>()
    .updateTable('postern_audit_chain')
    .set({ lease_until: sql<number>`${store.now} + ${leaseMs}::int8` })
    .where('chain', '=', chain)
    .where('holder', '=', holder)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function releaseChain(store: Store, chain: string, holder: string): Promise<void> {
  await store
    .query<AuditSchema>()
    .updateTable('postern_audit_chain')
    .set({ lease_until: 0 })
    .where('chain', '=', chain)
    .where('holder', '=', holder)
    .execute()
}
