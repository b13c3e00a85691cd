import { type Kysely, sql } from 'kysely'
import { column } from './column.ts'
import type { Migration } from './migration.ts'
import type { EngineStore } from './store.ts'
import { StoreFault, storeDown } from './store-fault.ts'

interface Schema {
  postern_migrations: {
    component: string
    number: number
    name: string
    applied_at: number
    oldest_code: number
  }
}
type Applied = Pick<Schema['postern_migrations'], 'component' | 'number' | 'name' | 'oldest_code'>

export interface MigrateOptions {
  readonly mode: 'run' | 'check'
  /** PostgreSQL's schema; created when it is missing. */
  readonly schema: string
  readonly signal?: AbortSignal
}

/**
 * Brings the tables up to what this code knows, each step in a transaction of its own. Any number of processes may do
 * so at once: each step runs exactly once.
 *
 * @throws ToolError whose cause is a StoreFault: steps are missing (`check`), or this code is too old for the tables.
 */
export async function migrate(
  store: EngineStore,
  migrations: readonly Migration[],
  { mode, schema, signal }: MigrateOptions,
): Promise<void> {
  const steps = inOrder(migrations)
  const before = await applied(store, schema)
  refuseOldCode(steps, before)
  const missing = steps.filter((step) => !before.some((row) => isSame(row, step)))
  if (missing.length === 0) return
  if (mode === 'check') throw notMigrated(missing)
  for (const step of missing) {
    signal?.throwIfAborted()
    await apply(store, step, schema)
  }
  // Newer code may have migrated while we did.
  refuseOldCode(steps, await applied(store, schema))
}

async function apply(store: EngineStore, step: Migration, schema: string): Promise<void> {
  const options = { lockWaitMs: migrationLockWaitMs, patient: true, inspect: refuseShrinking }
  const { transaction, commit, rollback } = await store.begin(options)
  try {
    const db = store.within<Schema>(transaction)
    if (store.engine === 'postgres') await preparePostgres(db, schema)
    await db.schema
      .createTable('postern_migrations')
      .ifNotExists()
      .addColumn('component', column.text, (c) => c.notNull())
      .addColumn('number', column.bigint, (c) => c.notNull())
      .addColumn('name', column.text, (c) => c.notNull())
      .addColumn('applied_at', column.bigint, (c) => c.notNull())
      .addColumn('oldest_code', column.bigint, (c) => c.notNull())
      .addPrimaryKeyConstraint('postern_migrations_key', ['component', 'number'])
      .execute()
    const { component, number, name, oldestCode = 0 } = step
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('postern_migrations')
      .values({ component, number, name, applied_at: store.now, oldest_code: oldestCode })
      .onConflict((on) => on.doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 1n) await step.up(db as unknown as Kysely<unknown>, store.engine)
    await commit()
  } catch (error) {
    await rollback()
    throw error
  }
}

/** Long enough for the steps of another process, which may index a large table. */
const migrationLockWaitMs = 600_000

/** One process at a time, whatever its steps are; the schema is made only where the role may and must make it. */
async function preparePostgres(db: Kysely<Schema>, schema: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`postern ${schema}`}, 0))`.execute(db)
  const { rows } = await sql`select 1 from pg_namespace where nspname = ${schema}`.execute(db)
  if (rows.length === 0) await db.schema.createSchema(schema).execute()
}

async function applied(store: EngineStore, schema: string): Promise<readonly Applied[]> {
  const db = store.query<Schema>()
  const there =
    store.engine === 'sqlite'
      ? sql`select 1 from sqlite_master where name = 'postern_migrations'`
      : sql`select 1 from pg_tables where schemaname = ${schema} and tablename = 'postern_migrations'`
  if ((await there.execute(db)).rows.length === 0) return []
  return db.selectFrom('postern_migrations').select(['component', 'number', 'name', 'oldest_code']).execute()
}

function inOrder(migrations: readonly Migration[]): readonly Migration[] {
  const next = new Map<string, number>()
  for (const { component, number, name } of migrations) {
    const expected = next.get(component) ?? 1
    if (number !== expected)
      throw new TypeError(`migration ${component} ${number} (${name}) should have number ${expected}`)
    next.set(component, expected + 1)
  }
  return migrations
}

const isSame = (row: Applied, step: Migration) => row.component === step.component && row.number === step.number

function refuseOldCode(steps: readonly Migration[], rows: readonly Applied[]): void {
  for (const row of rows) {
    const step = steps.find((candidate) => isSame(row, candidate))
    if (step !== undefined && step.name !== row.name)
      throw storeDown(
        new StoreFault(
          `The store was migrated by other code: step ${row.number} of ${row.component} is "${row.name}" there and ` +
            `"${step.name}" here. Check that the environment file names the store of this server.`,
        ),
      )
    const known = steps.filter(({ component }) => component === row.component).length
    if (row.oldest_code > known)
      throw storeDown(
        new StoreFault(
          `The store was migrated by a newer version: step ${row.number} of ${row.component} ("${row.name}") needs ` +
            `code that knows step ${row.oldest_code}, and this version knows ${known}. Start that newer version, or ` +
            'restore the store from before its migration.',
        ),
      )
  }
}

function notMigrated(missing: readonly Migration[]) {
  const list = missing.map(({ component, number, name }) => `${component} ${number} (${name})`).join(', ')
  return storeDown(
    new StoreFault(
      `The store lacks ${missing.length === 1 ? 'a migration' : `${missing.length} migrations`}: ${list}. ` +
        'Run `main.mjs migrate` with a database role that may create tables, then start again.',
    ),
  )
}

const shrinking = [
  /\b(drop|rename|truncate)\b/i,
  /\balter\s+(column|type)\b/i,
  // Older code does not know the column, so its inserts would fail.
  /\badd\s+column\b(?=.*\bnot\s+null\b)(?!.*\bdefault\b)/is,
]

/** In a rolling deployment older code still runs on the tables: a step must not take anything away from it. */
function refuseShrinking(statement: string): void {
  const words = statement.replaceAll(/"[^"]*"|'[^']*'/g, '""')
  if (shrinking.some((pattern) => pattern.test(words)))
    throw new TypeError(`migrations only expand; this statement takes something away from older code: ${statement}`)
}
