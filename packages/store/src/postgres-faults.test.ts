import { EventEmitter, once } from 'node:events'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { certificate, type Postgres, startPostgres } from '@postern/testing'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openKit, type Schema, wholeEntries, writeEntry } from './child.test-kit.ts'
import type { Migration } from './migration.ts'
import { isLoginRefused, type RotatingUrl } from './rotating-url.ts'
import { StoreFault } from './store-fault.ts'
import { storeSection } from './store-section.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-store-'))
const certificateFile = join(folder, 'cert.pem')
let postgres: Postgres
let made = 0
const closing: (() => unknown)[] = []

beforeAll(async () => {
  // A kill has to leave what was acknowledged, so this one syncs.
  postgres = await startPostgres({ fsync: true })
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const section = { kind: 'postgres', url: 'env:DATABASE_URL', tls: 'off' }
interface Settings {
  readonly pool?: Record<string, number>
  readonly tls?: unknown
  readonly migrate?: 'run' | 'check'
}
async function open(url: string | (() => Promise<string>), { pool = {}, tls = 'off', migrate = 'run' }: Settings = {}) {
  const config = storeSection.parse({ ...section, tls, pool: { connect_timeout_ms: 2000, ...pool } })
  const current = typeof url === 'string' ? async () => url : url
  const store = await openKit({ config, dataDirectory: folder }, { url: current, migrate })
  closing.push(() => store.close())
  return store
}
async function database(): Promise<string> {
  made += 1
  return postgres.createDatabase(`faults_${made}`)
}
const down = (sentence: RegExp) => ({
  code: 'UPSTREAM_UNAVAILABLE',
  reason: 'store_down',
  message: expect.not.stringContaining('127.0.0.1'),
  cause: expect.toSatisfy((cause) => cause instanceof StoreFault && sentence.test(cause.message)),
})
const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => expect.unreachable(`resolved with ${inspect(value)}`),
    (error: unknown) => error,
  )

describe('what cannot be reached', () => {
  it.each([
    ['', /form postgres:/],
    ['hunter2', /form postgres:/],
    ['mysql://u:hunter2@h/d', /form postgres:/],
    ['postgres://u:hunter2@h:99999/d', /form postgres:/],
    ['postgres://u:hunter2@host', /have to be named/],
    ['postgres://u:hunter2@h/d?sslmode=disable', /parameters after/],
    ['postgres://u:%hunter2@h/d', /%25/],
  ])('names what is wrong with the address %# and does not repeat it', async (url, sentence) => {
    const error = await failure(open(url))
    expect(error).toMatchObject(down(sentence))
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2')
  })

  it('keeps the password out of a refusal', async () => {
    const url = new URL(await database())
    await postgres.command(`create role lodger login password 'right'`)
    url.username = 'lodger'
    url.password = 'hunter2'
    const error = await failure(open(url.href))
    expect(error).toMatchObject(down(/refused user or password/))
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2')
    url.username = 'postgres'
    url.pathname = '/nowhere'
    expect(await failure(open(url.href))).toMatchObject(down(/no database of that name/))
  })

  it('gives up on a port where nobody answers, or nobody listens', async () => {
    const silent = createServer(() => undefined)
    const port = await listen(silent)
    const url = `postgres://u:p@127.0.0.1:${port}/d`
    expect(await failure(open(url, { pool: { connect_timeout_ms: 50 } }))).toMatchObject(down(/failed or was lost/))
    silent.close()
    await closing.pop()?.()
    expect(await failure(open(url))).toMatchObject(down(/failed or was lost/))
  })

  it('does not wait for a connection for ever', async () => {
    const store = await open(await database(), { pool: { max: 2, connect_timeout_ms: 1000 } })
    const held = await store.begin()
    expect(await failure(store.begin())).toMatchObject(down(/All 2 connections .* in use for 1000 ms/))
    await wholeEntries(store)
    await held.rollback()
    await (await store.begin()).commit()
  })
})

describe('a database that goes away', () => {
  it('is found again, and has everything it acknowledged', { timeout: 60_000 }, async () => {
    const store = await open(await database(), { pool: { max: 6 } })
    const acknowledged: string[] = []
    const unclear: string[] = []
    const errors: unknown[] = []
    const progress = new EventEmitter()
    let stop = false
    const writers = [1, 2, 3, 4, 5].map(async (writer) => {
      for (let index = 0; !stop; index++) {
        const id = `${writer}-${index}`
        try {
          await writeEntry(store, id)
          acknowledged.push(id)
          progress.emit('step')
        } catch (error) {
          errors.push(error)
          progress.emit('step')
          if ((error as { reason?: unknown }).reason === 'outcome_unknown') unclear.push(id)
          // Hammering at a server that starts only keeps it from starting.
          await delay(5)
        }
      }
    })
    const until = async (reached: () => boolean) => {
      while (!reached()) await once(progress, 'step')
    }
    const fortyMore = () => {
      const count = acknowledged.length + 40
      return until(() => acknowledged.length >= count)
    }
    try {
      for (const _outage of [1, 2]) {
        await fortyMore()
        await postgres.kill()
        const seen = errors.length
        await until(() => errors.length >= seen + 5)
        await expect(store.ping()).rejects.toMatchObject({ reason: 'store_down' })
        await postgres.restart()
      }
      await fortyMore()
    } finally {
      stop = true
      await Promise.all(writers)
    }

    const found = await wholeEntries(store)
    expect(acknowledged.filter((id) => !found.has(id))).toEqual([])
    const known = new Set([...acknowledged, ...unclear])
    expect([...found].filter((id) => !known.has(id))).toEqual([])
    const kinds = new Set(
      errors.map((error) => `${inspect((error as { code?: unknown }).code)} ${(error as { reason?: unknown }).reason}`),
    )
    expect([...kinds].filter((kind) => !/^'UPSTREAM_UNAVAILABLE' (store_down|outcome_unknown)$/.test(kind))).toEqual([])
  })

  it('does not end the process, or fail a call, when it drops idle connections', async () => {
    const store = await open(await database())
    const dropped = async () => {
      await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.01)`.execute(store.query())))
      await terminate(`application_name = 'postern kit_server'`)
    }
    await dropped()
    await store.ping()
    await dropped()
    await wholeEntries(store)
    await dropped()
    await writeEntry(store, 'after')
    expect(await wholeEntries(store)).toEqual(new Set(['after']))
  })

  it('tells a lost commit from one that did not happen', async () => {
    const url = new URL(await database())
    const proxy = await proxyTo(postgres.port)
    url.port = `${proxy.port}`
    const store = await open(url.href)
    proxy.mode = 'lose the answer to commit'
    expect(await failure(writeEntry(store, 'lost'))).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      reason: 'outcome_unknown',
    })
    proxy.mode = 'pass'
    expect(await wholeEntries(store)).toEqual(new Set(['lost']))

    const write = sql`insert into runs (step) select 9 from (select pg_sleep(60)) as s`.execute(store.query())
    const ended = failure(write)
    await terminate(`state = 'active' and query like 'insert into runs%'`)
    expect(await ended).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', reason: 'outcome_unknown' })

    const broken = await store.begin()
    await store.within<Schema>(broken.transaction).insertInto('runs').values({ step: 9 }).execute()
    proxy.cut()
    await new Promise(setImmediate)
    expect(await failure(broken.commit())).toMatchObject({
      reason: expect.stringMatching(/store_down|outcome_unknown/),
    })
    expect(await store.query<Schema>().selectFrom('runs').selectAll().where('step', '=', 9).execute()).toEqual([])
  })

  it('is given up when the network goes silent', async () => {
    const url = new URL(await database())
    const proxy = await proxyTo(postgres.port)
    url.port = `${proxy.port}`
    const store = await open(url.href, { pool: { statement_timeout_ms: 500 } })
    proxy.mode = 'silent'
    const { connections } = proxy
    expect(await failure(wholeEntries(store))).toMatchObject(down(/failed or was lost/))
    // No second try: it would double the wait.
    expect(proxy.connections).toBe(connections)
    proxy.mode = 'pass'
    await store.ping()
  })
})

describe('limits', () => {
  it('answers typed when a cell is larger than the cap, and lives', async () => {
    const store = await open(await database(), { pool: { result_bytes_max: 1 << 20 } })
    const cell = (bytes: number) => sql<{ cell: string }>`select repeat('x', ${sql.lit(bytes)}) as cell`
    expect(await failure(cell(64 << 20).execute(store.query()))).toMatchObject({
      code: 'VALIDATION_ERROR',
      reason: 'result_too_large',
    })
    // The cap is for each statement: many smaller answers on one connection pass.
    for (let index = 0; index < 5; index++)
      expect((await cell(1 << 19).execute(store.query())).rows[0]?.cell).toHaveLength(1 << 19)
    const open_ = await store.begin()
    expect(await failure(cell(2 << 20).execute(store.within(open_.transaction)))).toMatchObject({
      reason: 'result_too_large',
    })
    await open_.rollback()
    await writeEntry(store, 'alive')
  })

  it('undoes a statement that takes too long', async () => {
    const store = await open(await database(), { pool: { statement_timeout_ms: 300 } })
    const slow = sql`insert into runs (step) select 9 from (select pg_sleep(60)) as s`.execute(store.query())
    expect(await failure(slow)).toMatchObject({ code: 'UPSTREAM_TIMEOUT', reason: 'not_executed' })
    expect(await store.query<Schema>().selectFrom('runs').selectAll().where('step', '=', 9).execute()).toEqual([])
  })

  it('gives a migration the time it needs', async () => {
    const slow: Migration = {
      component: 'slow',
      number: 1,
      name: 'slow',
      up: async (db) => void (await sql`select pg_sleep(0.6)`.execute(db)),
    }
    const config = storeSection.parse({ ...section, pool: { statement_timeout_ms: 300 } })
    const url = await database()
    await (await openKit({ config, url, dataDirectory: folder }, { migrations: [slow] })).close()
  })

  it('ends a forgotten transaction', async () => {
    const store = await open(await database(), { pool: { idle_transaction_timeout_ms: 300 } })
    const forgotten = await store.begin()
    await store.within<Schema>(forgotten.transaction).insertInto('runs').values({ step: 9 }).execute()
    const locks = () =>
      sql<{
        count: number
      }>`select count(*) as count from pg_stat_activity where state like 'idle in%' and datname = current_database()`.execute(
        store.query(),
      )
    while ((await locks()).rows[0]?.count !== 0) await new Promise(setImmediate)
    expect(await failure(forgotten.commit())).toMatchObject({
      reason: expect.stringMatching(/store_down|outcome_unknown/),
    })
    expect(await store.query<Schema>().selectFrom('runs').selectAll().where('step', '=', 9).execute()).toEqual([])
  })
})

describe('secrets and rights', () => {
  it('takes a rotated secret for new connections', async () => {
    const url = new URL(await database())
    await postgres.command(`create role mover login superuser password 'old'`)
    url.username = 'mover'
    url.password = 'old'
    const store = await open(async () => url.href)
    await writeEntry(store, 'before')
    await postgres.command(`alter role mover password 'new'`)
    url.password = 'new'
    await terminate(`usename = 'mover'`)
    await writeEntry(store, 'after')
    expect(await wholeEntries(store)).toEqual(new Set(['before', 'after']))
  })

  it('asks for the next secret when the one in use is refused, and for nothing else', async () => {
    const url = new URL(await database())
    await postgres.command(`create role rotator login superuser password 'next'`)
    url.username = 'rotator'
    const tried: string[] = []
    const rotating = (passwords: readonly string[]): RotatingUrl => ({
      async use(open) {
        for (const [index, password] of passwords.entries()) {
          tried.push(password)
          url.password = password
          try {
            return await open(url.href)
          } catch (error) {
            if (!isLoginRefused(error) || index === passwords.length - 1) throw error
          }
        }
        throw new Error('no password')
      },
      stands: async () => true,
    })
    const config = storeSection.parse(section)
    const openWith = (passwords: readonly string[]) =>
      openKit({ config, dataDirectory: folder }, { url: rotating(passwords) })
    const store = await openWith(['current', 'next'])
    await writeEntry(store, 'after')
    expect(tried.slice(0, 2)).toEqual(['current', 'next'])
    await store.close()
    expect(await failure(openWith(['current', 'other']))).toMatchObject(down(/refused user or password/))
    url.pathname = '/nowhere'
    const nowhere = await failure(openWith(['next', 'never tried']))
    expect(isLoginRefused(nowhere)).toBe(false)
    expect(tried).not.toContain('never tried')
  })

  it('runs with a role that may not create tables, once they are there', async () => {
    const url = new URL(await database())
    await postgres.command(`create role clerk login password 'p'`)
    const clerk = new URL(url)
    clerk.username = 'clerk'
    clerk.password = 'p'
    expect(await failure(open(clerk.href))).toMatchObject(down(/role may not do this/))
    expect(await failure(open(clerk.href, { migrate: 'check' }))).toMatchObject(down(/main\.mjs migrate/))
    const owner = await open(url.href)
    for (const grant of [
      'usage on schema kit_server',
      'select, insert, update, delete on all tables in schema kit_server',
    ])
      await sql.raw(`grant ${grant} to clerk`).execute(owner.query())
    const store = await open(clerk.href, { migrate: 'check' })
    await writeEntry(store, 'by clerk')
    await store.secret('kit', 16)
    expect(await wholeEntries(owner)).toEqual(new Set(['by clerk']))
  })
})

describe('TLS', () => {
  let encrypted: Postgres
  beforeAll(async () => {
    const { cert, key } = certificate()
    writeFileSync(certificateFile, cert)
    writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 })
    if (process.getuid?.() === 0) for (const path of [folder, join(folder, 'key.pem')]) chownSync(path, 65534, 65534)
    encrypted = await startPostgres({
      settings: { ssl: 'on', ssl_cert_file: certificateFile, ssl_key_file: join(folder, 'key.pem') },
    })
  })
  afterAll(() => encrypted.stop())

  it('is verified unless the file says otherwise', async () => {
    expect(await failure(open(encrypted.url, { tls: 'verify' }))).toMatchObject(down(/failed or was lost/))
    expect(await failure(open(postgres.url, { tls: 'verify' }))).toMatchObject(down(/failed or was lost/))
    expect(await failure(open(encrypted.url, { tls: { ca: join(folder, 'absent.pem') } }))).toMatchObject(
      down(/absent\.pem cannot be read/),
    )
    const byName = new URL(encrypted.url)
    byName.hostname = 'localhost'
    expect(await failure(open(byName.href, { tls: { ca: certificateFile } }))).toMatchObject(down(/failed or was lost/))
  })

  it('is used with the authority that the file names, and the cap holds there too', async () => {
    const store = await open(encrypted.url, { tls: { ca: certificateFile } })
    const { rows } = await sql`select ssl as encrypted from pg_stat_ssl where pid = pg_backend_pid()`.execute(
      store.query(),
    )
    expect(rows).toEqual([{ encrypted: 1 }])
    const cell = sql`select repeat('x', ${sql.lit(20 << 20)}) as cell`.execute(store.query())
    expect(await failure(cell)).toMatchObject({ reason: 'result_too_large' })
    await store.ping()
  })
})

/** Ends the sessions that `condition` names, once there is one. */
async function terminate(condition: string): Promise<void> {
  const found = `exists (select 1 from pg_stat_activity where ${condition})`
  await postgres.command(`do $$ begin while not ${found} loop perform pg_stat_clear_snapshot(); end loop;
    perform pg_terminate_backend(pid) from pg_stat_activity where ${condition}; end $$`)
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Stands between store and database, and can lose what passes. */
async function proxyTo(port: number) {
  const cuts = new Set<() => void>()
  const proxy = {
    port: 0,
    connections: 0,
    mode: 'pass' as 'pass' | 'silent' | 'lose the answer to commit',
    cut: () => {
      for (const cut of cuts) cut()
    },
  }
  const server = createServer((client) => {
    proxy.connections += 1
    const upstream = connect(port, '127.0.0.1')
    const cut = () => {
      cuts.delete(cut)
      client.destroy()
      upstream.destroy()
    }
    cuts.add(cut)
    let commits = false
    for (const socket of [client, upstream]) socket.on('error', cut).on('close', cut)
    client.on('data', (bytes) => {
      commits ||= proxy.mode === 'lose the answer to commit' && bytes.includes('commit')
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (commits) cut()
      else if (proxy.mode !== 'silent') client.write(bytes)
    })
  })
  proxy.port = await listen(server)
  closing.push(proxy.cut)
  return proxy
}
