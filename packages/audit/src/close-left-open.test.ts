import { setTimeout as delay } from 'node:timers/promises'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { directoryIn, environment, logIn, server, type TrailOptions } from '../test/recorded-trail.ts'
import { runUntilKilled } from '../test/run-until-killed.ts'
import type { AuditLog } from './audit-log.ts'
import type { LeftOpen, LeftOutcome } from './close-left-open.ts'
import { fileTrail } from './file-trail.ts'
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

/** Answers the same for every write, and keeps what it was asked. */
function claims(outcome: LeftOutcome) {
  const asked: LeftOpen[] = []
  return {
    asked,
    outcomesOf: async (writes: readonly LeftOpen[]) => {
      asked.push(...writes)
      return writes.map(() => outcome)
    },
  }
}

async function check() {
  const records: AuditRecord[] = []
  const result = await verify({
    trail: fileTrail({ directory: directoryIn(home.path), server, environment }),
    onRecord: (line) => records.push(parseLine(line) as AuditRecord),
  })
  return { ...result, records, outcomes: records.filter(({ phase }) => phase === 'outcome') }
}

describe('a write that a killed process left open', () => {
  it('gets its outcome from its claim when the chain goes on', async () => {
    await leaveOpen('a,b')
    const before = await check()
    expect(before.open.map(({ request }) => request)).toEqual(['a', 'b'])
    const { asked, outcomesOf } = claims('executed')
    await open({ outcomesOf })
    expect(asked.map(({ request, claim }) => [request, claim])).toEqual([
      ['a', 'claim-of-a'],
      ['b', 'claim-of-b'],
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
    expect(records.map(({ phase }) => phase)).toEqual([
      'start',
      'intent',
      'intent',
      'resumed',
      'outcome',
      'outcome',
      'start',
    ])
  })

  it('is recorded as what became of it', async () => {
    const states = ['refused', 'not_executed', 'unknown'] as const
    await leaveOpen('a,b,c')
    await open({ outcomesOf: async () => states })
    expect((await check()).outcomes.map(({ write }) => write?.state)).toEqual(states)
  })

  it('is left to whoever is still bringing it to an end', async () => {
    await leaveOpen('a')
    const log = await open(claims('open'))
    expect((await check()).open).toHaveLength(1)
    await log.event('outcome', { request: 'a', detail: { by: 'recovery' } })
    await log.close()
    const next = claims('executed')
    await open(next)
    expect(next.asked).toEqual([])
  })

  it('is not recorded twice where another process has recorded its end', async () => {
    const other = await open()
    await leaveOpen('a,b')
    await other.event('outcome', { request: 'a', detail: { by: 'recovery' } })
    // The chain of the first process is taken: this one continues that of the killed one.
    const log = await open(claims('executed'))
    expect(log.chains).toEqual(['tickets-1'])
    expect((await check()).outcomes.map(({ request }) => request).sort()).toEqual(['a', 'b'])
  })

  it('is asked for once', async () => {
    await leaveOpen('a')
    const first = claims('executed')
    await (await open(first)).close()
    await (await open(first)).close()
    expect(first.asked).toHaveLength(1)
    expect((await check()).outcomes).toHaveLength(1)
  })

  it('is found behind many records, and again after a crash in the next process', async () => {
    await leaveOpen('a', 3_000)
    await leaveOpen('b', 3_000)
    const { asked, outcomesOf } = claims('executed')
    await open({ outcomesOf })
    expect(asked.map(({ request }) => request)).toEqual(['a', 'b'])
  })

  it('is found behind many heartbeats that name it', async () => {
    await leaveOpen('a', 5_000, 5)
    expect((await check()).records.filter(({ detail }) => detail?.['open'] === 1).length).toBeGreaterThan(3)
    const { asked, outcomesOf } = claims('executed')
    await open({ outcomesOf })
    expect(asked.map(({ request }) => request)).toEqual(['a'])
  })

  it('waits for a process that can ask, through others that cannot', async () => {
    await leaveOpen('a')
    await (await open()).close()
    await (await open()).close()
    const { asked, outcomesOf } = claims('executed')
    await open({ outcomesOf })
    expect(asked.map(({ request }) => request)).toEqual(['a'])
  })
})

it('asks nothing after a stop in order', async () => {
  const first = claims('executed')
  const log = await open(first)
  await log.append({ phase: 'intent', request: 'a' }, 'durable')
  await log.append({ phase: 'outcome', request: 'a' }, 'durable')
  await log.close()
  await open(first)
  expect(first.asked).toEqual([])
  expect((await check()).records.find(({ phase }) => phase === 'stop')?.detail).toEqual({ open: 0 })
})

it('a stop says what was still under way', async () => {
  const { asked, outcomesOf } = claims('executed')
  const log = await open({ outcomesOf })
  await log.append({ phase: 'intent', request: 'a' }, 'durable')
  await log.close()
  expect((await check()).records.at(-1)).toMatchObject({ phase: 'stop', detail: { open: 1 } })
  await open({ outcomesOf })
  expect(asked.map(({ request }) => request)).toEqual(['a'])
})

describe('a chain that nobody continues', () => {
  it('is closed by another process, and ends with a stop', async () => {
    const { asked, outcomesOf } = claims('executed')
    await open({ outcomesOf, heartbeatMs: 20 })
    await leaveOpen('a')
    await until(async () => (await check()).outcomes.length > 0)
    expect(asked).toHaveLength(1)
    await until(async () => (await stops()).length > 0)
    const { exitCode, open: left } = await check()
    expect({ exitCode, left }).toEqual({ exitCode: 0, left: [] })
    expect(await stops()).toMatchObject([{ chain: 'tickets-1', detail: { open: 0, by: 'tickets-0' } }])
    const { length } = (await check()).records.filter(({ chain }) => chain === 'tickets-1')
    await delay(100)
    expect((await check()).records.filter(({ chain }) => chain === 'tickets-1')).toHaveLength(length)
  })

  it('is left alone while its process lives', async () => {
    const { asked, outcomesOf } = claims('executed')
    const other = await open()
    await other.append({ phase: 'intent', request: 'a' }, 'durable')
    await open({ outcomesOf, heartbeatMs: 10 })
    await delay(100)
    expect(asked).toEqual([])
  })
})

const stops = async () => (await check()).records.filter(({ phase }) => phase === 'stop')

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20)
}
