import { openStore, type Store, storeSection } from '@postern/store'
import { type Postgres, startPostgres, type TemporaryDirectory, temporaryDirectory, within } from '@postern/testing'
import type { Transaction } from '@postern/tool'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { plant } from '../test/investigation.ts'
import { audited, callOf, createTicket, getTicket, ok, writing } from '../test/pipeline.ts'
import { environment, logIn, recordCalls, server, type TrailOptions } from '../test/recorded-trail.ts'
import type { AuditLog } from './audit-log.ts'
import { auditSection } from './audit-section.ts'
import { placeHold, releaseHold } from './legal-hold.ts'
import { type AuditSchema, auditMigrations } from './migrations.ts'
import { auditKeys, openTrails } from './open-trails.ts'
import { postgresTrail } from './postgres-trail.ts'
import { prune } from './prune.ts'
import { query } from './query.ts'
import { parseLine } from './read-line.ts'
import { verify } from './verify.ts'

let postgres: Postgres
let home: TemporaryDirectory
let url: string
let store: Store
let made = 0
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())
beforeEach(async () => {
  home = temporaryDirectory()
  made += 1
  url = await postgres.createDatabase(`audit_${made}`)
  store = await open()
})
afterEach(async () => {
  await store.close()
  home.remove()
})

function open(): Promise<Store> {
  return openStore({
    config: storeSection.parse({ kind: 'postgres', url: 'env:URL', tls: 'off', pool: { statement_timeout_ms: 3_000 } }),
    url: async () => url,
    server,
    environment,
    dataDirectory: home.path,
    migrations: auditMigrations,
  })
}
const logOn = (on: Store, { section, ...options }: TrailOptions = {}): Promise<AuditLog> =>
  logIn(home.path, {
    section: { sink: 'postgres', ...section },
    store: on,
    postgres: { repairMs: 10 },
    ...options,
  })
const trail = () => postgresTrail({ store, server, environment, keyBeside: true })
const check = () => verify({ trail: trail() })
async function records() {
  const rows = await store
    .query<AuditSchema>()
    .selectFrom('postern_audit_record')
    .selectAll()
    .orderBy('chain')
    .orderBy('seq')
    .execute()
  return rows.flatMap(({ line }) => parseLine(line) ?? [])
}
const phases = async () => (await records()).flatMap(({ phase, request }) => (request === undefined ? [] : [phase]))
const ofFirst = async () => (await records()).filter(({ chain }) => chain === 'tickets-0')
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}
async function resumed(log: AuditLog): Promise<void> {
  await within(
    10_000,
    'the repair',
    (async () => {
      while (log.problem() !== undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    })(),
  )
}

describe('a chain in PostgreSQL', () => {
  it('holds what was recorded, and verifies', async () => {
    const log = await logOn(store)
    await recordCalls(log, 200, 1, 32)
    await log.close()
    const result = await check()
    expect(result).toMatchObject({ exitCode: 0, findings: [], open: [] })
    expect(result.chains[0]).toMatchObject({ chain: 'tickets-0', from: 1, checkpoint: { seq: result.records } })
    expect((await records()).length).toBe(result.records)
  })

  it('is closed by another process when its writer is gone', async () => {
    const gone = await logOn(store)
    await gone.append({ phase: 'intent', request: 'a', write: { claim: 'c', store: 's' } }, 'durable')
    await gone.append({ phase: 'intent', request: 'b', write: { claim: 'd', store: 's' } }, 'durable')
    let ofB: 'open' | 'told' = 'open'
    let asked = 0
    const neighbour = await logOn(store, {
      heartbeatMs: 20,
      async outcomesOf(writes) {
        asked += 1
        return writes.map(({ claim }) => (claim?.id === 'c' ? 'executed' : ofB))
      },
    })
    expect(neighbour.chains).toEqual(['tickets-1'])
    const expire = (ms: number) =>
      store
        .query<AuditSchema>()
        .updateTable('postern_audit_chain')
        .set({ lease_until: Date.now() - ms })
        .where('chain', '=', 'tickets-0')
        .execute()
    // A lease that has just ended may be that of a process whose database was away.
    await expire(5_000)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(asked).toBe(0)

    await expire(120_000)
    await within(
      10_000,
      'the question',
      until(async () => asked > 2),
    )
    expect(await phases()).toEqual(['intent', 'intent'])
    ofB = 'told'
    await within(
      10_000,
      'the stop',
      until(async () => (await ofFirst()).at(-1)?.phase === 'stop'),
    )
    expect((await ofFirst()).slice(-3)).toMatchObject([
      { phase: 'resumed', detail: { reason: 'taken_over', closed: 1 } },
      { phase: 'outcome', request: 'a' },
      { phase: 'stop', detail: { open: 0, by: 'tickets-1' } },
    ])
    // It was only asleep.
    await expect(gone.append({ phase: 'read', request: 'r' }, 'kernel')).rejects.toMatchObject({ reason: 'audit_down' })
    await resumed(gone)
    await neighbour.close()
    await gone.close()
    expect(await check()).toMatchObject({ exitCode: 0 })
  })

  it('is continued by the next process, and has one writer', async () => {
    const first = await logOn(store)
    const other = await open()
    const second = await logOn(other)
    expect([...first.chains, ...second.chains]).toEqual(['tickets-0', 'tickets-1'])
    await Promise.all([recordCalls(first, 50, 1), recordCalls(second, 50, 2)])
    await first.close()
    const third = await logOn(other)
    expect(third.chains).toEqual(['tickets-0'])
    await third.close()
    await second.close()
    await other.close()
    expect(await check()).toMatchObject({ exitCode: 0 })
  })

  it('cannot be forked: who lost the chain without knowing goes on in another', async () => {
    const log = await logOn(store)
    await recordCalls(log, 10, 1)
    // As after a pause longer than the lease: another process has taken the chain.
    await store
      .query<AuditSchema>()
      .updateTable('postern_audit_chain')
      .set({ holder: 'another', lease_until: 0 })
      .execute()
    const other = await open()
    const taker = await logOn(other)
    expect(taker.chains).toEqual(['tickets-0'])
    await expect(log.append({ phase: 'read', request: 'late' }, 'kernel')).rejects.toMatchObject({
      reason: 'audit_down',
    })
    await resumed(log)
    expect(log.chains).toEqual(['tickets-1'])
    await Promise.all([recordCalls(log, 10, 2), recordCalls(taker, 10, 3)])
    await log.close()
    await taker.close()
    await other.close()
    expect(await check()).toMatchObject({ exitCode: 0 })
    const resumptions = (await records()).filter(({ phase }) => phase === 'resumed')
    expect(resumptions.map(({ detail }) => detail)).toContainEqual(expect.objectContaining({ left_chain: 'tickets-0' }))
  })
})

describe('an intent', () => {
  let log: AuditLog
  beforeEach(async () => {
    log = await logOn(store)
  })
  afterEach(() => log.close())
  const intentWithin = (transaction: Transaction, request: string) =>
    log.append({ phase: 'intent', request }, 'durable', { transaction })

  it('shares the fate of the transaction of its claim', async () => {
    await store.transaction((transaction) => intentWithin(transaction, 'kept'))
    await expect(
      store.transaction(async (transaction) => {
        await intentWithin(transaction, 'undone')
        throw new Error('the claim failed')
      }),
    ).rejects.toThrow('the claim failed')
    await log.append({ phase: 'outcome', request: 'kept' }, 'durable')
    expect((await records()).flatMap(({ request }) => request ?? [])).toEqual(['kept', 'kept'])
    expect(await check()).toMatchObject({ exitCode: 0, open: [] })
  })

  it('keeps the chain whole among many at once, some undone', { timeout: 60_000 }, async () => {
    await log.close()
    log = await logOn(store, { postgres: { deadlineMs: 30_000 } })
    const work = Array.from({ length: 60 }, async (_, n) => {
      const request = `w-${n}`
      await store
        .transaction(async (transaction) => {
          await intentWithin(transaction, request)
          if (n % 3 === 0) throw new Error('undone')
        })
        .catch(() => {})
      if (n % 3 !== 0) await log.append({ phase: 'outcome', request }, 'durable')
    })
    await Promise.all([...work, recordCalls(log, 100, 1, 16)])
    const result = await check()
    expect(result).toMatchObject({ exitCode: 0, open: [] })
    expect((await phases()).filter((phase) => phase === 'intent').length).toBeGreaterThanOrEqual(40)
  })

  it('is refused when the chain was lost, and the log goes on in another', async () => {
    await store.query<AuditSchema>().updateTable('postern_audit_chain').set({ holder: 'somebody else' }).execute()
    const lost = store.transaction((transaction) => intentWithin(transaction, 'lost'))
    await expect(lost).rejects.toMatchObject({ reason: 'audit_down' })
    expect(log.problem()).toMatch(/taken the chain over/)
    await resumed(log)
    expect(log.chains).toEqual(['tickets-1'])
  })

  it('is part of a write of the pipeline', async () => {
    const write = audited(log, async (call) => {
      await store.transaction(async (transaction) => void (await call.intent?.(transaction)))
      call.notes.write = 'executed'
      return ok()
    })
    await write(callOf(createTicket))
    expect(await phases()).toEqual(['intent', 'outcome'])
  })
})

describe('when PostgreSQL is down', () => {
  it('nothing happens and nothing leaves; it goes on by itself', { timeout: 60_000 }, async () => {
    const log = await logOn(store)
    await recordCalls(log, 20, 1)
    await postgres.kill()
    let effects = 0
    const read = audited(log, async () => ok({ status: 'ok', secret: 1 }))
    const write = audited(
      log,
      writing(() => {
        effects += 1
        return ok()
      }),
    )
    for (let n = 0; n < 3; n++) {
      expect(await read(callOf(getTicket))).toMatchObject({ error: { details: { reason: 'audit_down' } } })
      expect(await write(callOf(createTicket))).toMatchObject({ error: { details: { reason: 'audit_down' } } })
    }
    expect(effects).toBe(0)
    expect(log.problem()).toMatch(/audit tables/)
    await postgres.restart()
    await resumed(log)
    expect(await read(callOf(getTicket))).toMatchObject({ isError: false })
    expect(await write(callOf(createTicket))).toMatchObject({ isError: false })
    await log.close()
    expect(await check()).toMatchObject({ exitCode: 0, open: [] })
  })

  it('an outcome that could not be recorded follows', { timeout: 60_000 }, async () => {
    const log = await logOn(store)
    const write = audited(
      log,
      writing(async () => {
        await postgres.kill()
        return ok()
      }),
    )
    expect(await write(callOf(createTicket))).toMatchObject({ error: { details: { reason: 'outcome_unknown' } } })
    await postgres.restart()
    await resumed(log)
    await log.close()
    expect(await check()).toMatchObject({ exitCode: 0, open: [] })
    expect((await records()).find(({ detail }) => detail?.['late'] === true)?.phase).toBe('outcome')
  })

  it('a table that somebody else holds does not hold the callers', async () => {
    const log = await logOn(store, { postgres: { repairMs: 10, deadlineMs: 300 } })
    const other = await open()
    const holder = await other.begin()
    await other
      .within<AuditSchema>(holder.transaction)
      .updateTable('postern_audit_chain')
      .set({ slot: 0 })
      .where('slot', '=', 0)
      .execute()
    const read = audited(log, async () => ok())
    const answer = await within(2_000, 'an answer', read(callOf(getTicket)))
    expect(answer).toMatchObject({ error: { details: { reason: 'audit_down' } } })
    await holder.rollback()
    await resumed(log)
    await log.close()
    await other.close()
    expect(await check()).toMatchObject({ exitCode: 0 })
    // The statement that had waited may have gone through after its callers were told otherwise.
    const all = await records()
    const detail = all.find(({ phase }) => phase === 'resumed')?.detail
    for (const { seq } of all.filter(({ request }) => request !== undefined)) {
      expect(seq).toBeGreaterThanOrEqual(Number(detail?.['unanswered_from']))
      expect(seq).toBeLessThanOrEqual(Number(detail?.['unanswered_to']))
    }
  })
})

describe('a trail in PostgreSQL', () => {
  it.each([
    [
      'a row changed',
      "update postern_audit_record set line = replace(line, 'tok-', 'tik-') where seq = 20",
      'modified',
      20,
    ],
    ['a row deleted', 'delete from postern_audit_record where seq = 20', 'gap', 20],
    ['its end deleted', 'delete from postern_audit_record where seq > 25', 'truncated', 26],
    ['all of it deleted', 'delete from postern_audit_record', 'truncated', 1],
    ['the chain deleted', 'delete from postern_audit_record; delete from postern_audit_chain', 'missing chain', 1],
    [
      'two rows swapped',
      'update postern_audit_record a set line = b.line from postern_audit_record b where (a.seq, b.seq) in ((20, 30), (30, 20))',
      'reordered',
      20,
    ],
  ])('shows %s', async (_what, tampering, kind, seq) => {
    const log = await logOn(store)
    await recordCalls(log, 40, 1)
    await log.close()
    const { sql } = await import('@postern/store')
    for (const statement of tampering.split('; ')) await sql.raw(statement).execute(store.query())
    expect(await check()).toMatchObject({ exitCode: 1, findings: [{ kind, seq }] })
  })

  it('answers questions', async () => {
    const log = await logOn(store)
    const questions = await plant(log, 600, 5)
    await log.close()
    for (const { asked, filters, answer } of questions) {
      const { rows } = await query({ trail: trail(), ...filters })
      expect(new Set(rows.map(({ phase, request }) => `${phase} ${request}`)), asked).toEqual(answer)
    }
  })

  it('can be pruned, unless a hold stands', async () => {
    const log = await logOn(store, { section: { checkpoints: { every: 10 } } })
    await recordCalls(log, 40, 1)
    const now = new Date(Date.now() + 401 * 86_400_000)
    const pruneNow = () => prune({ trail: trail(), log, retentionMs: 400 * 86_400_000, now })
    await placeHold(log, { id: 'case-1', reason: 'inquiry', by: 'legal' })
    expect(await pruneNow()).toMatchObject({ holds: [{ id: 'case-1' }] })
    await releaseHold(log, { id: 'case-1', by: 'legal' })
    expect((await pruneNow()).keptFrom.get('tickets-0')).toBeGreaterThan(5)
    await recordCalls(log, 10, 2)
    await log.close()
    const result = await check()
    expect(result).toMatchObject({ exitCode: 0, findings: [] })
    expect(result.chains[0]?.from).toBeGreaterThan(5)
  })
})

describe('both sinks, and a copy in PostgreSQL', () => {
  it('are each complete', async () => {
    const section = { sink: ['file', 'postgres'] as ('file' | 'postgres')[], checkpoints: { copy_to: 'postgres' } }
    const log = await logOn(store, { section })
    await recordCalls(log, 30, 1)
    await log.close()
    const options = { section: auditSection.parse(section), environment, server, dataDirectory: home.path, store }
    const trails = await openTrails(options)
    expect(trails).toHaveLength(2)
    for (const one of trails) expect(await verify({ trail: one })).toMatchObject({ exitCode: 0, findings: [] })
    expect((await auditKeys(options)).current.id).toBe(log.keyId)
  })

  it('a file trail that was rewritten shows against the table', async () => {
    const section = { sink: 'file' as const, checkpoints: { copy_to: 'postgres' } }
    const log = await logOn(store, { section })
    await recordCalls(log, 30, 1)
    await log.close()
    const { rmSync } = await import('node:fs')
    rmSync(`${home.path}/development/audit`, { recursive: true })
    const [trail] = await openTrails({
      section: auditSection.parse(section),
      environment,
      server,
      dataDirectory: home.path,
      store,
    })
    if (trail === undefined) throw new Error('no trail')
    expect(await verify({ trail })).toMatchObject({ exitCode: 1, findings: [{ kind: 'missing chain' }] })
  })

  it('are refused where the store is no PostgreSQL', async () => {
    await expect(logIn(home.path, { section: { sink: 'postgres' } })).rejects.toThrow(/store.kind to postgres/)
    await expect(logIn(home.path, { section: { checkpoints: { copy_to: 'postgres' } } })).rejects.toThrow(/copy_to/)
  })
})
