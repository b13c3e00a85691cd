import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openKit, type Place, type Schema, wholeEntries, writeEntry } from './child.test-kit.ts'
import { contractSuite } from './contract.test-kit.ts'
import type { Store } from './store.ts'
import { isLockTimeout, StoreFault } from './store-fault.ts'

const root = mkdtempSync(join(tmpdir(), 'postern-store-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const fresh = async (): Promise<Place> => ({
  config: { kind: 'sqlite' },
  dataDirectory: join(mkdtempSync(join(root, 'run-')), 'data'),
})

describe('the contract on SQLite', () => contractSuite(fresh))

describe('the embedded store', () => {
  let place: Place
  let store: Store
  let file: string
  beforeEach(async () => {
    place = await fresh()
    file = join(place.dataDirectory, 'test', 'kit-server.db')
    store = await openKit(place)
  })
  afterEach(() => store.close())
  const sqlite = (path: string) => ({ kind: 'sqlite' as const, path })
  const fault = (sentence: RegExp) => ({
    code: 'UPSTREAM_UNAVAILABLE',
    reason: 'store_down',
    message: expect.not.stringContaining(root),
    cause: expect.toSatisfy((cause) => cause instanceof StoreFault && sentence.test(cause.message)),
  })

  it('is readable by its owner only', async () => {
    await writeEntry(store, 'a')
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
    expect([place.dataDirectory, join(place.dataDirectory, 'test')].map(mode)).toEqual(['700', '700'])
    expect(['', '-wal', '-shm'].map((end) => mode(file + end))).toEqual(['600', '600', '600'])
  })

  it('is on disk when it says so', async () => {
    await store.transaction(async (transaction) => {
      const pragma = async (name: string) => {
        const { rows } = await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(store.within(transaction))
        return rows[0]?.[name]
      }
      expect(await pragma('journal_mode')).toBe('wal')
      expect(await pragma('synchronous')).toBe(2)
      expect(await pragma('foreign_keys')).toBe(1)
    })
  })

  it('takes the file that the environment file names', async () => {
    const other = await openKit({ ...place, config: sqlite('elsewhere/x.db') })
    expect(statSync(join(place.dataDirectory, 'elsewhere/x.db')).isFile()).toBe(true)
    await other.close()
  })

  it('shares its connections when it is opened again', async () => {
    const second = await openKit(place)
    const open = await store.begin()
    const behind = writeEntry(second, 'behind')
    await store.within<Schema>(open.transaction).insertInto('runs').values({ step: 9 }).execute()
    await open.commit()
    await behind
    await store.close()
    expect(await wholeEntries(second)).toEqual(new Set(['behind']))
    await second.close()
  })

  it.runIf(process.platform === 'linux')('has two connections to a file, however often it is opened', async () => {
    const target = (fd: string) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        return undefined // the one that lists this directory is gone again
      }
    }
    const path = realpathSync(file)
    const connections = () => readdirSync('/proc/self/fd').filter((fd) => target(fd) === path).length
    expect(connections()).toBe(2)
    const second = await openKit(place)
    expect(connections()).toBe(2)
    await second.close()
    expect(connections()).toBe(2)
    await store.close()
    expect(connections()).toBe(0)
  })

  it('waits for other processes without stopping its own', async () => {
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    let turns = 0
    const turn = () => {
      turns += 1
      if (turns < 1000) setImmediate(turn)
    }
    const waiting = store.transaction(async () => undefined, { lockWaitMs: 60 })
    turn()
    await expect(waiting).rejects.toSatisfy(isLockTimeout)
    expect(turns).toBe(1000)
    const late = writeEntry(store, 'late')
    await wholeEntries(store)
    other.exec('commit')
    await late
    other.close()
  })

  it('rolls a forgotten transaction back', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const open = await store.begin()
      await store.within<Schema>(open.transaction).insertInto('runs').values({ step: 9 }).execute()
      vi.advanceTimersByTime(59_000)
      await store.within<Schema>(open.transaction).insertInto('runs').values({ step: 10 }).execute()
      vi.advanceTimersByTime(59_000)
      await store.within<Schema>(open.transaction).insertInto('runs').values({ step: 11 }).execute()
      vi.advanceTimersByTime(61_000)
      await writeEntry(store, 'next')
      await expect(open.commit()).rejects.toThrow('rolled back')
      expect(await store.query<Schema>().selectFrom('runs').selectAll().where('step', '>', 3).execute()).toEqual([])
    } finally {
      vi.useRealTimers()
    }
  })

  it('loses nothing when the disk is full, and goes on when there is space', async () => {
    const pages = async (count: number) =>
      store.transaction(async (transaction) => {
        await sql.raw(`pragma max_page_count = ${count}`).execute(store.within(transaction))
      })
    await pages(40)
    const acknowledged: string[] = []
    const fill = async () => {
      for (let index = 0; ; index++) {
        await writeEntry(store, `full-${index}`)
        acknowledged.push(`full-${index}`)
      }
    }
    await expect(fill()).rejects.toMatchObject(fault(/disk .* full/))
    await expect(writeEntry(store, 'x'.repeat(100))).rejects.toMatchObject(fault(/disk .* full/))
    expect([...(await wholeEntries(store))].sort()).toEqual(acknowledged.sort())
    await pages(1_000_000)
    await writeEntry(store, 'space')
  })

  it('says so when the file is moved away', async () => {
    renameSync(file, `${file}.moved`)
    await expect(store.ping()).rejects.toMatchObject(fault(/moved or replaced/))
    renameSync(`${file}.moved`, file)
    await store.ping()
  })

  it('says so when the file is no database', async () => {
    const other = await fresh()
    const path = join(root, 'garbage.db')
    writeFileSync(path, 'this is not a database, whatever its name says'.repeat(100))
    const config = sqlite(path)
    await expect(openKit({ ...other, config })).rejects.toMatchObject(fault(/garbage\.db is not a SQLite database/))
    await expect(openKit({ ...other, config })).rejects.toMatchObject(fault(/not a SQLite database/))
  })

  it('says so when the file is damaged', async () => {
    for (let index = 0; index < 50; index++) await writeEntry(store, `entry-${index}`)
    await store.close()
    const damaged = openSync(file, 'r+')
    for (let at = 4096; at < statSync(file).size; at += 4096) writeSync(damaged, Buffer.alloc(512, 0xff), 0, 512, at)
    closeSync(damaged)
    const opening = openKit(place).then((opened) => opened.transaction(() => wholeEntries(opened)))
    await expect(opening).rejects.toMatchObject(fault(/damaged/))
  })

  it('says so when the directory cannot be written', async () => {
    const path = join(root, 'a-file')
    writeFileSync(path, '')
    await expect(openKit({ ...place, dataDirectory: path })).rejects.toMatchObject(fault(/a-file.*cannot be created/))
  })

  it('refuses names that would leave the directory', async () => {
    for (const server of ['../x', '', 'A', 'a/b', 'a b'])
      await expect(openKit(place, { server })).rejects.toThrow(TypeError)
    await expect(openKit(place, { environment: '..' })).rejects.toThrow(TypeError)
  })

  it('never loads the driver of PostgreSQL', () => {
    const script = `
      const { openStore } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url))})
      const options = { config: { kind: 'sqlite' }, server: 'x', environment: 'test', migrations: [] }
      const store = await openStore({ ...options, dataDirectory: ${JSON.stringify(place.dataDirectory)} })
      await store.close()
      const { createRequire } = await import('node:module')
      const loaded = Object.keys(createRequire(${JSON.stringify(import.meta.url)}).cache)
      console.log(loaded.filter((path) => path.includes('/pg/')).length, typeof store.query)`
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })).toBe(
      '0 function\n',
    )
  })
})
