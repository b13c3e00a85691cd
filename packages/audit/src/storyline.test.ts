import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { directoryIn, environment, logIn, server } from '../test/recorded-trail.ts'
import type { AuditLog } from './audit-log.ts'
import { signCheckpoint } from './checkpoint.ts'
import { checkpointDirectory } from './checkpoint-directory.ts'
import { checkpointKey } from './checkpoint-key.ts'
import { fileTrail } from './file-trail.ts'
import { parseLine } from './read-line.ts'
import { type AuditRecord, type Entry, genesis, line } from './record.ts'
import { recordApproval, recordSettled } from './record-events.ts'
import type { Head } from './sink.ts'
import { verify } from './verify.ts'

let home: TemporaryDirectory
beforeEach(() => {
  home = temporaryDirectory()
})
afterEach(() => home.remove())

type Told = readonly [entry: Entry, monoSeconds: number]

/** A chain that hangs together, with records of our choice. */
function chainOf(name: string, told: readonly Told[], from = 1): Head {
  let prev = from === 1 ? genesis : 'ab'.repeat(32)
  const lines = told.map(([entry, seconds], i) => {
    const made = line(
      entry,
      { chain: name, seq: from + i, prev },
      new Date(1e12 + seconds * 1000).toISOString(),
      seconds * 1e6,
    )
    prev = made.hash
    return made.text
  })
  const directory = join(directoryIn(home.path), name)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, `${String(from).padStart(12, '0')}.jsonl`), `${lines.join('\n')}\n`)
  return { chain: name, seq: from + told.length - 1, hash: prev }
}
/** As the writer of a chain does. */
async function sign(head: Head): Promise<void> {
  const key = await checkpointKey(directoryIn(home.path))
  const place = checkpointDirectory(join(directoryIn(home.path), 'checkpoints'), () => head.chain)
  const time = new Date().toISOString()
  await place.publish(key.id, key.publicKey)
  await place.append(
    signCheckpoint({ environment, server, sink: 'file', writer: head.chain, time, heads: [head] }, key),
    time,
  )
}
const check = () => verify({ trail: fileTrail({ directory: directoryIn(home.path), server, environment }) })
const start: Entry = { phase: 'start', detail: { heartbeat_ms: 60_000 } }
const read: Entry = { phase: 'read', request: 'r' }

describe('what records tell together', () => {
  it.each<[string, Told[], string | undefined]>([
    [
      'an idle process beats',
      [
        [start, 0],
        [{ phase: 'heartbeat' }, 110],
        [read, 220],
      ],
      undefined,
    ],
    [
      'a hole in time',
      [
        [start, 0],
        [read, 1],
        [read, 200],
      ],
      'heartbeat gap',
    ],
    [
      'a record that was stamped before one that it follows',
      [
        [start, 0],
        [read, 100],
        [read, 1],
        [read, 152],
      ],
      undefined,
    ],
    [
      'a pause that is owned up to',
      [
        [start, 0],
        [{ phase: 'heartbeat', detail: { late_ms: 9 } }, 900],
        [read, 901],
      ],
      undefined,
    ],
    [
      'an outage that is owned up to',
      [
        [start, 0],
        [{ phase: 'resumed', detail: { reason: 'outage' } }, 900],
        [read, 901],
      ],
      undefined,
    ],
    [
      'a new process',
      [
        [start, 1000],
        [{ phase: 'stop' }, 1001],
        [start, 0],
        [read, 1],
      ],
      undefined,
    ],
    [
      'a slower heart',
      [
        [{ phase: 'start', detail: { heartbeat_ms: 600_000 } }, 0],
        [read, 1000],
      ],
      undefined,
    ],
    [
      'a record after the stop',
      [
        [start, 0],
        [{ phase: 'stop' }, 1],
        [read, 2],
      ],
      'forged',
    ],
  ])('%s', async (_what, told, kind) => {
    await sign(chainOf('tickets-0', told))
    const { findings, exitCode } = await check()
    expect(findings.map((one) => one.kind)).toEqual(kind ? [kind] : [])
    if (kind) expect(findings[0]?.seq).toBe(3)
    expect(exitCode).toBe(kind ? 1 : 0)
  })

  it('a write without an end is listed, wherever its end would stand', async () => {
    const intent = (request: string): Entry => ({
      phase: 'intent',
      request,
      target: { kind: 'tool', name: 'create_ticket' },
      principal: { issuer: 'i', kind: 'user', subject: 'ada' },
    })
    chainOf('tickets-0', [
      [start, 0],
      [intent('a'), 1],
      [intent('b'), 2],
      [{ phase: 'outcome', request: 'c' }, 3],
    ])
    chainOf('tickets-1', [
      [start, 0],
      [{ phase: 'outcome', request: 'a' }, 1],
      [intent('c'), 2],
    ])
    expect(await check()).toMatchObject({
      exitCode: 0,
      open: [{ chain: 'tickets-0', seq: 3, request: 'b', target: 'create_ticket', principal: 'ada' }],
    })
  })

  it.each<[string, Entry, string[]]>([
    ['nothing said', read, ['gap']],
    ['another chain named', { phase: 'pruned', detail: { kept_from: ['tickets-1@7'] } }, ['gap']],
    ['less removed than is missing', { phase: 'pruned', detail: { kept_from: ['tickets-0@5'] } }, ['gap']],
    ['the removal recorded', { phase: 'pruned', detail: { kept_from: ['tickets-0@7'] } }, []],
  ])('a chain that begins with record 7: %s', async (_what, entry, kinds) => {
    const told: Told[] = [
      [start, 0],
      [entry, 1],
    ]
    await sign(chainOf('tickets-0', told, 7))
    expect((await check()).findings.map(({ kind }) => kind)).toEqual(kinds)
  })

  it('a removal or a release counts only where it was signed before others could have put it there', async () => {
    const removal: Entry = { phase: 'pruned', detail: { kept_from: ['tickets-0@7'] } }
    const hold: Entry = { phase: 'hold', detail: { id: 'case-1', reason: 'r', by: 'legal' } }
    const release: Entry = { phase: 'hold_released', detail: { id: 'case-1', by: 'legal' } }
    const told: Told[] = [
      [start, 0],
      [hold, 1],
      [removal, 2],
      [release, 3],
    ]
    const gap = { exitCode: 1, findings: [{ kind: 'gap', seq: 1, through: 6 }], holds: [{ id: 'case-1' }] }
    const head = chainOf('tickets-0', told, 7)
    expect(await check()).toMatchObject(gap)
    await sign(head)
    expect(await check()).toMatchObject({ exitCode: 0, findings: [], holds: [] })
    // They stood there unsigned when the next writer came, who signed them with the rest.
    rmSync(join(directoryIn(home.path), 'checkpoints'), { recursive: true })
    await sign(chainOf('tickets-0', [...told, [{ phase: 'resumed', detail: { unsigned_from: 8 } }, 4]], 7))
    expect(await check()).toMatchObject({
      ...gap,
      undetectable: expect.arrayContaining([
        { kinds: expect.arrayContaining(['forged']), why: expect.stringContaining('tickets-0 8–10') },
      ]),
    })
  })

  it('a skipped number is a chain that is gone', async () => {
    chainOf('tickets-0', [[start, 0]])
    chainOf('tickets-2', [[start, 0]])
    expect((await check()).findings).toMatchObject([{ kind: 'missing chain', chain: 'tickets-1' }])
  })

  it('nothing at all is no proof of anything', async () => {
    expect(await check()).toMatchObject({ exitCode: 2, records: 0 })
  })
})

describe('a log', () => {
  let records: AuditRecord[]
  async function recorded(run: (log: AuditLog) => Promise<void>, heartbeatMs = 60_000): Promise<void> {
    const log = await logIn(home.path, { heartbeatMs })
    await run(log)
    await log.close()
    records = []
    await verify({
      trail: fileTrail({ directory: directoryIn(home.path), server, environment }),
      onRecord: (line) => records.push(parseLine(line) as AuditRecord),
    })
    expect(await check()).toMatchObject({ exitCode: 0, findings: [] })
  }

  it('beats while nothing happens, and says when it could not', async () => {
    await recorded(async (log) => {
      await new Promise((resolve) => setTimeout(resolve, 120))
      const until = performance.now() + 120
      while (performance.now() < until);
      await log.append({ phase: 'read', request: 'after the pause' }, 'kernel')
    }, 25)
    const beats = records.filter(({ phase }) => phase === 'heartbeat')
    expect(beats.length).toBeGreaterThan(0)
    const after = records.findIndex(({ request }) => request === 'after the pause')
    expect(records.slice(0, after).some(({ detail }) => Number(detail?.['late_ms']) >= 100)).toBe(true)
  })

  it('says so too where its own beat comes first after a pause', async () => {
    await recorded(async (log) => {
      await log.append({ phase: 'read', request: 'before the pause' }, 'kernel')
      const until = performance.now() + 150
      while (performance.now() < until);
      await new Promise((resolve) => setTimeout(resolve, 30))
    }, 25)
    expect(records.some(({ detail }) => Number(detail?.['late_ms']) >= 100)).toBe(true)
  })

  it('takes nothing after it was closed', async () => {
    let closed: AuditLog | undefined
    await recorded(async (log) => {
      closed = log
      const closing = log.close()
      await expect(log.append({ phase: 'read' }, 'kernel')).rejects.toMatchObject({ reason: 'audit_down' })
      await closing
    })
    await expect(closed?.append({ phase: 'read' }, 'kernel')).rejects.toMatchObject({ reason: 'audit_down' })
    expect(() => closed?.admit()).toThrow(/recorded/)
    expect(closed?.problem()).toMatch(/closed/)
  })

  it('closes the pair of a write that another process brought to its end', async () => {
    await recorded(async (log) => {
      await log.append({ phase: 'intent', request: 'w-1' }, 'durable')
      const caller = { issuer: 'i', subject: 'ada', tenant: 'acme' }
      await recordSettled(log)({
        id: 'claim-1',
        requestId: 'w-1',
        tool: 'create_ticket',
        version: '1.0.0',
        caller,
        outcome: 'executed',
        by: 'recovery',
      })
    })
    expect((await check()).open).toEqual([])
    expect(records.find(({ phase }) => phase === 'outcome')).toMatchObject({
      write: { claim: 'claim-1', state: 'executed' },
      detail: { by: 'recovery' },
    })
  })

  it('tells who asked for an approval and who gave it, and hides the digest', async () => {
    const requester = { issuer: 'i', subject: 'ada' }
    const approver = {
      ...requester,
      subject: 'grace',
      tenant: 'acme',
      kind: 'user' as const,
      credentialId: 'tok-2',
      scopes: [],
      roles: [],
      attributes: {},
      purposes: [],
      readOnly: false,
    }
    await recorded(async (log) => {
      const event = {
        approvalId: 'a-1',
        tenant: 'acme',
        tool: 'create_ticket',
        digest: 'digest-of-arguments',
        requester,
      }
      await recordApproval(log)({ kind: 'requested', ...event })
      await recordApproval(log)({ kind: 'approved', ...event, approver, through: 'desk' })
    })
    const [asked, given] = records.filter(({ phase }) => phase === 'approval')
    expect(asked).toMatchObject({ approval: 'a-1', principal: { subject: 'ada' }, detail: { kind: 'requested' } })
    expect(given).toMatchObject({
      approval: 'a-1',
      principal: { subject: 'grace' },
      credential: 'tok-2',
      detail: { kind: 'approved', requester: 'ada', through: 'desk' },
    })
    expect(JSON.stringify(records)).not.toContain('digest-of-arguments')
  })
})
