import { hash } from 'node:crypto'
import { column, type Kysely, type Migration, type RawBuilder, type Store, sql } from '@postern/store'

interface Schema {
  limits_rates: {
    /** A hash: neither names nor tokens of callers are kept. */
    key: string
    /** Theoretical arrival time of the next call, in microseconds since the epoch by the database's clock. */
    arrival_us: number
  }
}
type Db = Kysely<Schema>

export const limitsMigrations: readonly Migration[] = [
  {
    component: 'limits',
    number: 1,
    name: 'rates',
    async up(db) {
      await db.schema
        .createTable('limits_rates')
        .addColumn('key', column.text, (key) => key.primaryKey())
        .addColumn('arrival_us', column.bigint, (arrival) => arrival.notNull())
        .execute()
      await db.schema.createIndex('limits_rates_arrival').on('limits_rates').column('arrival_us').execute()
    },
  },
]

/**
 * Spends one call of a key if its rate allows, in one statement: two processes can never both take the last call.
 *
 * @returns whether it was spent
 */
export async function spend(store: Store, key: string, intervalUs: number, toleranceUs: number): Promise<boolean> {
  const now = nowUs(store)
  const { numInsertedOrUpdatedRows: spent } = await store
    .query<Schema>()
    .insertInto('limits_rates')
    .values({ key: hashed(key), arrival_us: sql`${now} + ${intervalUs}` })
    .onConflict((on) =>
      on
        .column('key')
        .doUpdateSet({ arrival_us: sql`${latest(now)} + ${intervalUs}` })
        .where(sql<boolean>`${latest(now)} + ${intervalUs} - ${now} <= ${toleranceUs}`),
    )
    .executeTakeFirstOrThrow()
  return spent === 1n
}

/** How far ahead of the clock a key is, in microseconds; 0 for a key nobody uses. */
export async function ahead(store: Store, key: string): Promise<number> {
  const row = await store
    .query<Schema>()
    .selectFrom('limits_rates')
    .select(sql<number>`arrival_us - ${nowUs(store)}`.as('ahead_us'))
    .where('key', '=', hashed(key))
    .executeTakeFirst()
  return Math.max(0, row?.ahead_us ?? 0)
}

/**
 * Adds what this process has admitted by itself to what all have, in one transaction.
 *
 * @param spent microseconds by key
 * @returns how far ahead of the clock each key is now
 */
export function settle(store: Store, spent: ReadonlyMap<string, number>): Promise<Map<string, number>> {
  return store.transaction(async (transaction) => {
    const db: Db = store.within(transaction)
    const now = nowUs(store)
    const result = new Map<string, number>()
    // In one order in every process, or two of them would wait for each other's rows.
    const rows = [...spent].map(([name, us]) => ({ name, key: hashed(name), us }))
    for (const { name, key, us } of rows.sort((a, b) => (a.key < b.key ? -1 : 1))) {
      const row = await db
        .insertInto('limits_rates')
        .values({ key, arrival_us: sql`${now} + ${us}` })
        .onConflict((on) => on.column('key').doUpdateSet({ arrival_us: sql`${latest(now)} + ${us}` }))
        .returning(sql<number>`arrival_us - ${now}`.as('ahead_us'))
        .executeTakeFirstOrThrow()
      result.set(name, row.ahead_us)
    }
    return result
  })
}

/** Drops keys that have nothing to pay back any more; a few at a time. */
export async function forget(store: Store): Promise<void> {
  const db = store.query<Schema>()
  await db
    .deleteFrom('limits_rates')
    .where('key', 'in', (some) =>
      some
        .selectFrom('limits_rates')
        .select('key')
        .where('arrival_us', '<', nowUs(store))
        .orderBy('arrival_us')
        .limit(forgottenMax),
    )
    .execute()
}

const forgottenMax = 500

/** Who calls what is nobody's business in a table of rates. */
const hashed = (key: string): string => hash('sha256', key, 'base64url')

const nowUs = (store: Store): RawBuilder<number> => sql<number>`(${store.now} * 1000)`

/** `max` and `greatest`: the engines do not agree on the name. */
const latest = (now: RawBuilder<number>): RawBuilder<number> =>
  sql<number>`case when limits_rates.arrival_us > ${now} then limits_rates.arrival_us else ${now} end`
