import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@postern/store'
import { type FakeUpstream, type Postgres, startFakeUpstream, startPostgres } from '@postern/testing'
import { afterAll, beforeAll } from 'vitest'
import { type EngineName, openPlace, type Place } from './place.ts'

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

/** The fake upstream in its own process, for all tests of a file. Effects are counted by the text of the note. */
export function upstream(): Pick<FakeUpstream, 'url' | 'count' | 'held'> {
  let fake: FakeUpstream
  beforeAll(async () => {
    fake = await startFakeUpstream()
  })
  afterAll(() => fake.stop())
  return {
    get url() {
      return fake.url
    },
    count: (text) => fake.count(text),
    held: (text) => fake.held(text),
  }
}
