import { sql } from 'kysely'
import { column } from './column.ts'
import type { Migration } from './migration.ts'
import { openStore, type StoreOptions } from './open-store.ts'
import type { Store } from './store.ts'
import type { StoreConfig } from './store-section.ts'

/** How a test says which store to open, also to a process of its own. */
export interface Place {
  readonly config: StoreConfig
  readonly url?: string
  readonly dataDirectory: string
  /** Default `kit-server`. */
  readonly server?: string
}

export interface Schema {
  entries: { id: string; body: string; length: number }
  entry_parts: { entry_id: string; part: number }
  runs: { step: number }
}

const steps: Migration[] = [1, 2, 3].map((number) => ({
  component: 'kit',
  number,
  name: `step ${number}`,
  async up(db) {
    if (number === 1) {
      await db.schema
        .createTable('entries')
        .addColumn('id', column.text, (id) => id.primaryKey())
        .addColumn('body', column.text, (body) => body.notNull())
        .addColumn('length', column.bigint, (length) => length.notNull())
        .execute()
      await db.schema
        .createTable('entry_parts')
        .addColumn('entry_id', column.text, (id) => id.notNull().references('entries.id'))
        .addColumn('part', column.bigint, (part) => part.notNull())
        .execute()
      await db.schema.createTable('runs').addColumn('step', column.bigint).execute()
    }
    await sql`insert into runs (step) values (${number})`.execute(db)
  },
}))

export function openKit(place: Place, options: Partial<StoreOptions> = {}): Promise<Store> {
  const { url, dataDirectory, server = 'kit-server' } = place
  return openStore({
    config: place.config,
    ...(url !== undefined && { url: async () => url }),
    server,
    environment: 'test',
    dataDirectory,
    migrations: steps,
    ...options,
  })
}

/** One transaction over two tables, as large as makes a torn one likely to show. */
export async function writeEntry(store: Store, id: string): Promise<void> {
  await store.transaction(async (transaction) => {
    const db = store.within<Schema>(transaction)
    const body = id.repeat(200)
    await db.insertInto('entries').values({ id, body, length: body.length }).execute()
    for (const part of [1, 2, 3]) await db.insertInto('entry_parts').values({ entry_id: id, part }).execute()
  })
}

/** Ids of all entries, after a look at whether each is whole. */
export async function wholeEntries(store: Store): Promise<Set<string>> {
  const db = store.query<Schema>()
  const entries = await db.selectFrom('entries').selectAll().execute()
  const parts = await db
    .selectFrom('entry_parts')
    .select((build) => ['entry_id', build.fn.countAll<number>().as('count')])
    .groupBy('entry_id')
    .execute()
  const counts = new Map(parts.map(({ entry_id, count }) => [entry_id, count]))
  const torn = entries.filter(({ id, body, length }) => body.length !== length || counts.get(id) !== 3)
  if (torn.length > 0 || counts.size !== entries.length)
    throw new Error(`torn: ${torn.map(({ id }) => id).join(', ')}; ${counts.size} with parts of ${entries.length}`)
  return new Set(entries.map(({ id }) => id))
}

/** Started as a process: prints the secret, then the id of each entry once it is acknowledged. */
if (import.meta.main) {
  const [place = '', name = '', count = '0'] = process.argv.slice(2)
  const store = await openKit(JSON.parse(place) as Place)
  process.stdout.write(`${(await store.secret('kit', 32)).toString('hex')}\n`)
  for (let index = 0; index < Number(count); index++) {
    await writeEntry(store, `${name}-${index}`)
    process.stdout.write(`${name}-${index}\n`)
  }
  await store.close()
}
