import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type TemporaryDirectory, temporaryDirectory, within } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { directoryIn, environment, logIn, server, type TrailOptions } from '../test/recorded-trail.ts'
import { runUntilKilled } from '../test/run-until-killed.ts'
import type { AuditLog } from './audit-log.ts'
import { fileTrail } from './file-trail.ts'
import type { LeftOutcome, LeftWrite } from './left-outcomes.ts'
import { parseLine } from './read-line.ts'
import type { AuditRecord } from './record.ts'
import { verify } from './verify.ts'

let home: TemporaryDirectory
let logs: AuditLog[]
beforeEach(() => {
  home = temporaryDirectory()
  logs = []
})
afterEach(async () => {
  for (const log of logs) await log.close()
  home.remove()
})

const leaver = new URL('../test/leave-open.ts', import.meta.url)
/** A process that is killed with these writes begun, and so many reads recorded after them. */
const leaveOpen = (requests: string, reads = 0, heartbeatMs = 60_000) =>
  runUntilKilled(leaver, [home.path, requests, String(reads), String(heartbeatMs)], 1)

async function open(options: TrailOptions = {}): Promise<AuditLog> {
  const log = await logIn(home.path, options)
  logs.push(log)
  return log
}

/** Answers the same for every write until it is told otherwise, and keeps what it was asked. */
function claims(first: LeftOutcome) {
  const asked: LeftWrite[] = []
  const state = { outcome: first, asked, outcomesOf }
  async function outcomesOf(writes: readonly LeftWrite[]) {
    asked.push(...writes)
    return writes.map(() => state.outcome)
  }
  return state
}

async function check() {
  const records: AuditRecord[] = []
  const result = await verify({
    trail: fileTrail({ directory: directoryIn(home.path), server, environment }),
    onRecord: (line) => records.push(parseLine(line) as AuditRecord),
  })
  return { ...result, records, outcomes: records.filter(({ phase }) => phase === 'outcome') }
}
const ofChain = async (name: string) => (await check()).records.filter(({ chain }) => chain === name)
const lastOf = async (name: string) => (await ofChain(name)).at(-1)

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const asking = async () => {
    while (!(await holds())) await delay(10)
  }
  await within(10_000, what, asking())
}
const untilOutcomes = (count: number) => until('the outcomes', async () => (await check()).outcomes.length >= count)

describe('a write that a killed process left open', () => {
  it('gets its outcome from its claim when the chain goes on', async () => {
    await leaveOpen('a,b')
    const before = await check()
    expect(before.open.map(({ request }) => request)).toEqual(['a', 'b'])
    const { asked, outcomesOf } = claims('executed')
    await open({ outcomesOf })
    await untilOutcomes(2)
    expect(asked.map(({ request, claim }) => [request, claim])).toEqual([
      ['a', { id: 'claim-of-a', store: 'own' }],
      ['b', { id: 'claim-of-b', store: 'own' }],
    ])
    const { exitCode, open: left, outcomes, records } = await check()
    expect({ exitCode, left }).toEqual({ exitCode: 0, left: [] })
    expect(outcomes).toMatchObject([
      {
        request: 'a',
        principal: { subject: 'ada' },
        target: { name: 'create_ticket' },
        write: { claim: 'claim-of-a', state: 'executed' },
        detail: { by: 'claim' },
      },
      { request: 'b' },
    ])
    const phases = ['start', 'intent', 'intent', 'resumed', 'start', 'outcome', 'outcome']
    expect(records.map(({ phase }) => phase)).toEqual(phases)
  })

  it('is recorded as what became of it, unless that was told already', async () => {
    const states = ['refused', 'told', 'not_executed', 'unknown'] as const
    await leaveOpen('a,b,c,d')
    await open({ outcomesOf: async () => states })
    await untilOutcomes(3)
    const { outcomes } = await check()
    expect(outcomes.map(({ request, write }) => [request, write?.state])).toEqual([
      ['a', 'refused'],
      ['c', 'not_executed'],
      ['d', 'unknown'],
    ])
  })

  it('is asked for again while it is still being brought to an end, through restarts', async () => {
    await leaveOpen('a')
    const state = claims('open')
    const log = await open({ ...state, heartbeatMs: 10 })
    await until('some questions', () => state.asked.length > 2)
    await log.close()
    expect((await lastOf('tickets-0'))?.detail).toEqual({})
    await open({ ...state, heartbeatMs: 10 })
    state.outcome = 'executed'
    await untilOutcomes(1)
    const asked = state.asked.length
    await delay(100)
    expect(state.asked.length).toBeLessThanOrEqual(asked + 1)
    expect((await check()).outcomes).toHaveLength(1)
  })

  it('is asked for once when that settles it', async () => {
    await leaveOpen('a')
    const state = claims('executed')
    const log = await open(state)
    await untilOutcomes(1)
    await log.close()
    await (await open(state)).close()
    expect(state.asked).toHaveLength(1)
    expect(await lastOf('tickets-0')).toMatchObject({ phase: 'stop', detail: { open: 0 } })
  })

  it('is found behind many records, and again after a crash in the next process', async () => {
    await leaveOpen('a', 3_000)
    await leaveOpen('b', 3_000)
    const { asked, outcomesOf } = claims('executed')
    await open({ outcomesOf })
    await untilOutcomes(2)
    expect(asked.map(({ request }) => request)).toEqual(['a', 'b'])
  })

  it('is found behind many heartbeats that name it', async () => {
    await leaveOpen('a', 5_000, 5)
    expect((await check()).records.filter(({ detail }) => detail?.['open'] === 1).length).toBeGreaterThan(3)
    const { asked, outcomesOf } = claims('executed')
    await open({ outcomesOf })
    await untilOutcomes(1)
    expect(asked.map(({ request }) => request)).toEqual(['a'])
  })

  it('waits for a process that can ask, through others that cannot', async () => {
    await leaveOpen('a')
    await (await open()).close()
    await (await open()).close()
    await open(claims('executed'))
    await untilOutcomes(1)
  })

  it('keeps no call waiting, and no stop', async () => {
    await leaveOpen('a')
    const log = await open({ outcomesOf: () => new Promise(() => {}) })
    await log.append({ phase: 'read', request: 'r' }, 'kernel')
    await within(10_000, 'the stop', log.close())
    expect((await check()).open).toHaveLength(1)
  })

  it('is left to the next process when the answer comes after the stop', async () => {
    await leaveOpen('a')
    const { promise, resolve } = Promise.withResolvers<LeftOutcome[]>()
    const log = await open({ outcomesOf: () => promise })
    const closing = log.close()
    resolve(['executed'])
    await closing
    await delay(50)
    expect(await check()).toMatchObject({ exitCode: 0, findings: [], outcomes: [] })
    await open(claims('executed'))
    await untilOutcomes(1)
  })

  it('is reported when it cannot be asked for, and asked for again', async () => {
    await leaveOpen('a')
    const reports: unknown[] = []
    let down = true
    await open({
      heartbeatMs: 20,
      report: (error) => reports.push(error),
      async outcomesOf(writes) {
        if (down) throw new Error('no store')
        return writes.map(() => 'executed')
      },
    })
    await until('a report', () => reports.length > 0)
    down = false
    await untilOutcomes(1)
  })
})

it('asks nothing after a stop in order', async () => {
  const first = claims('executed')
  const log = await open(first)
  await log.append({ phase: 'intent', request: 'a' }, 'durable')
  await log.append({ phase: 'outcome', request: 'a' }, 'durable')
  await log.close()
  await (await open(first)).close()
  expect(first.asked).toEqual([])
  expect((await check()).records.map(({ phase }) => phase)).not.toContain('resumed')
})

it('a stop says what was still under way', async () => {
  const { asked, outcomesOf } = claims('executed')
  const log = await open({ outcomesOf })
  await log.append({ phase: 'intent', request: 'a' }, 'durable')
  await log.close()
  expect(await lastOf('tickets-0')).toMatchObject({ phase: 'stop', detail: { open: 1 } })
  await open({ outcomesOf })
  await untilOutcomes(1)
  expect(asked.map(({ request }) => request)).toEqual(['a'])
})

describe('a chain that nobody continues', () => {
  it('is closed by another process, once, and ends with a stop that is witnessed', async () => {
    const { asked, outcomesOf } = claims('executed')
    const log = await open({ outcomesOf, heartbeatMs: 20, section: { checkpoints: { every: 1 } } })
    await leaveOpen('a')
    await until('the stop', async () => (await lastOf('tickets-1'))?.phase === 'stop')
    expect(asked).toHaveLength(1)
    expect((await ofChain('tickets-1')).slice(-3)).toMatchObject([
      { phase: 'resumed', detail: { reason: 'taken_over', closed: 1 } },
      { phase: 'outcome', request: 'a' },
      { phase: 'stop', detail: { open: 0, by: 'tickets-0' } },
    ])
    const { length } = await ofChain('tickets-1')
    await delay(100)
    expect(await ofChain('tickets-1')).toHaveLength(length)
    await log.close()
    const { exitCode, open: left } = await check()
    expect({ exitCode, left }).toEqual({ exitCode: 0, left: [] })
    const segment = join(directoryIn(home.path), 'tickets-1', '000000000001.jsonl')
    writeFileSync(segment, `${readFileSync(segment, 'utf8').split('\n').slice(0, 2).join('\n')}\n`)
    expect(await check()).toMatchObject({ exitCode: 1, findings: [{ kind: 'truncated', chain: 'tickets-1', seq: 3 }] })
  })

  it('is left alone while one of its writes is still being brought to an end', async () => {
    const state = claims('open')
    await open({ ...state, heartbeatMs: 20 })
    await leaveOpen('a')
    await until('some questions', () => state.asked.length > 2)
    expect((await ofChain('tickets-1')).map(({ phase }) => phase)).toEqual(['start', 'intent'])
    state.outcome = 'told'
    await until('the stop', async () => (await lastOf('tickets-1'))?.phase === 'stop')
    expect((await check()).outcomes).toEqual([])
  })

  it('is left alone while its process lives, and when its end is damaged', async () => {
    const { asked, outcomesOf } = claims('executed')
    const other = await open()
    await other.append({ phase: 'intent', request: 'a' }, 'durable')
    await leaveOpen('b')
    const segment = join(directoryIn(home.path), 'tickets-1', '000000000001.jsonl')
    expect(existsSync(segment)).toBe(true)
    const damaged = readFileSync(segment, 'utf8').replace('"request":"b"', '"request":"c"')
    writeFileSync(segment, damaged)
    const log = await open({ outcomesOf, heartbeatMs: 10 })
    expect(log.chains).toEqual(['tickets-2'])
    await delay(150)
    expect(asked).toEqual([])
    expect(readFileSync(segment, 'utf8')).toBe(damaged)
  })

  it('is closed by one of many', async () => {
    const options = { ...claims('executed'), heartbeatMs: 50 }
    for (let n = 0; n < 4; n++) await open(options)
    await leaveOpen('a,b,c')
    await until('the stop', async () => (await lastOf('tickets-4'))?.phase === 'stop')
    await delay(100)
    expect((await check()).outcomes.map(({ request }) => request)).toEqual(['a', 'b', 'c'])
    expect((await ofChain('tickets-4')).filter(({ phase }) => phase === 'stop')).toHaveLength(1)
    expect((await check()).findings).toEqual([])
  })
})
