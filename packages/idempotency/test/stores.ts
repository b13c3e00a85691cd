import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@postern/store'
import { type Postgres, startPostgres } from '@postern/testing'
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

/** The fake upstream in its own process, for all tests of a file. */
export function upstream() {
  let child: ChildProcess
  const it = {
    url: '',
    /** How often this text took effect. */
    count: async (text: string) =>
      (await (await fetch(`${it.url}/count?text=${encodeURIComponent(text)}`)).json()) as number,
    /** How many requests wait for an answer they will not get. */
    hanging: async () => (await (await fetch(`${it.url}/hanging`)).json()) as number,
  }
  beforeAll(async () => {
    child = fork(join(import.meta.dirname, 'fake-upstream.ts'), { stdio: 'inherit' })
    const [url] = (await once(child, 'message')) as [string]
    it.url = url
  })
  afterAll(() => void child.disconnect())
  return it
}
