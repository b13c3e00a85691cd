import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store, storeSection } from '@postern/store'
import { type Postgres, startPostgres } from '@postern/testing'
import { afterAll, beforeAll } from 'vitest'
import { limitsMigrations } from '../src/rate-table.ts'

export const engines = ['sqlite', 'postgres'] as const

/** Opens empty stores of one engine, and the same one again; all are closed and removed after the tests. */
export function stores(engine: (typeof engines)[number]) {
  const opened: Store[] = []
  let directory: string
  let postgres: Postgres | undefined
  let count = 0
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'postern-limits-'))
    if (engine === 'postgres') postgres = await startPostgres()
  })
  afterAll(async () => {
    await Promise.all(opened.map((store) => store.close()))
    await postgres?.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  /** Gives a function that opens one new store, each time with connections of its own where the engine has them. */
  return () => {
    const server = `limits-${count++}`
    return async () => {
      const store = await openStore({
        config: storeSection.parse(
          engine === 'sqlite' ? { kind: 'sqlite' } : { kind: 'postgres', url: 'env:UNUSED', tls: 'off' },
        ),
        url: async () => postgres?.url ?? '',
        server,
        environment: 'development',
        dataDirectory: directory,
        migrations: limitsMigrations,
      })
      opened.push(store)
      return store
    }
  }
}
