import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { column, type Migration, openStore, type Store, storeSection } from '@postern/store'
import { type Postgres, startPostgres } from '@postern/testing'
import { afterAll, beforeAll } from 'vitest'
import { idempotencyMigrations } from '../src/claim-table.ts'

export const engines = ['sqlite', 'postgres'] as const
export type EngineName = (typeof engines)[number]

const notesMigration: Migration = {
  component: 'notes',
  number: 1,
  name: 'notes',
  async up(db) {
    await db.schema
      .createTable('notes')
      .addColumn('id', column.text, (id) => id.primaryKey())
      .addColumn('text', column.text, (text) => text.notNull())
      .execute()
  },
}

/** Where a store is, in words that another process understands. */
export interface Place {
  readonly engine: EngineName
  readonly url: string
  readonly server: string
  readonly directory: string
}

export function openPlace({ engine, url, server, directory }: Place): Promise<Store> {
  return openStore({
    config: storeSection.parse(
      engine === 'sqlite' ? { kind: 'sqlite' } : { kind: 'postgres', url: 'env:UNUSED', tls: 'off' },
    ),
    url: async () => url,
    server,
    environment: 'development',
    dataDirectory: directory,
    migrations: [...idempotencyMigrations, notesMigration],
  })
}

/** Gives a function that opens a fresh store of one engine; all are closed and removed after the tests. */
export function stores(engine: EngineName, options?: { fsync: boolean }) {
  const opened: Store[] = []
  const at: { postgres?: Postgres; directory: string } = { directory: '' }
  let count = 0
  beforeAll(async () => {
    at.directory = mkdtempSync(join(tmpdir(), 'postern-idempotency-'))
    if (engine === 'postgres') at.postgres = await startPostgres(options)
  })
  afterAll(async () => {
    await Promise.all(opened.map((store) => store.close()))
    await at.postgres?.stop()
    rmSync(at.directory, { recursive: true, force: true })
  })
  return {
    postgres: () => at.postgres,
    async open(): Promise<{ store: Store; place: Place }> {
      const place = { engine, url: at.postgres?.url ?? '', server: `notes-${count++}`, directory: at.directory }
      const store = await openPlace(place)
      opened.push(store)
      return { store, place }
    },
  }
}

/** The fake upstream in its own process, for all tests of a file. */
export function upstream() {
  let child: ChildProcess
  const it = {
    url: '',
    /** How often this text took effect. */
    count: async (text: string) =>
      (await (await fetch(`${it.url}/count?text=${encodeURIComponent(text)}`)).json()) as number,
  }
  beforeAll(async () => {
    child = fork(join(import.meta.dirname, 'fake-upstream.ts'), { stdio: 'inherit' })
    const [url] = (await once(child, 'message')) as [string]
    it.url = url
  })
  afterAll(() => void child.disconnect())
  return it
}
