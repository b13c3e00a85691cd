import { generateKeyPairSync } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaultyDisk } from '../test/faulty-disk.ts'
import { directoryIn, environment, logIn, recordCalls, server } from '../test/recorded-trail.ts'
import type { AuditLog } from './audit-log.ts'
import { fileTrail } from './file-trail.ts'
import { placeHold, releaseHold } from './legal-hold.ts'
import { linesOf } from './lines-of.ts'
import { parseLine } from './read-line.ts'
import type { AuditRecord, Entry } from './record.ts'
import { verify } from './verify.ts'

/** Who can write to the audit directory, but neither to the second place of checkpoints nor with the key. */
let home: TemporaryDirectory
let copy: string
beforeEach(async () => {
  home = temporaryDirectory()
  copy = join(home.path, 'copy')
  await session()
  await session()
})
afterEach(() => home.remove())

const directory = () => directoryIn(home.path)
const segment = (chain = 'tickets-0') => join(directory(), chain, '000000000001.jsonl')
const linesIn = (chain?: string) => readFileSync(segment(chain), 'utf8').split('\n').slice(0, -1)
const write = (lines: readonly string[], chain?: string) => writeFileSync(segment(chain), `${lines.join('\n')}\n`)

/** The real server, started and stopped in order. */
async function session(calls = 10): Promise<void> {
  const log = await logIn(home.path, { section: { checkpoints: { every: 5, copy_to: copy } } })
  await recordCalls(log, calls, calls, 1)
  await log.close()
}
function check() {
  return verify({ trail: fileTrail({ directory: directory(), server, environment, copies: [copy] }) })
}
const kinds = async () => (await check()).findings.map(({ kind }) => kind)

/** Records with hashes that fit, behind the first `keep` of a chain. */
function forge(keep: number, entries: readonly Entry[], chain = 'tickets-0'): void {
  const kept = keep === 0 ? [] : linesIn(chain).slice(0, keep)
  const last = parseLine(kept.at(-1) ?? '')
  const end = { chain, seq: last?.seq ?? 0, hash: last?.hash ?? '0'.repeat(64) }
  const forged = linesOf(
    entries.map((entry) => ({ ...entry, environment, server })),
    end,
  )
  write([...kept, ...forged.map(({ text }) => text)], chain)
}
const entriesFrom = (from: number) =>
  linesIn()
    .slice(from)
    .map((line) => parseLine(line) as AuditRecord)
const fakes: readonly Entry[] = [
  { phase: 'start', detail: { heartbeat_ms: 60_000, open: 0, open_since: 0 } },
  { phase: 'read', request: 'r', targets: ['OPS-666'] },
  { phase: 'stop', detail: { open: 0, open_since: 0 } },
]

describe('what was done to a trail still shows when honest servers have run on it', () => {
  it.each<[string, string, () => void]>([
    [
      'records rewritten',
      're-chained',
      () =>
        forge(
          8,
          entriesFrom(8).map((entry) => ({ ...entry, tenant: 'evil' })),
        ),
    ],
    ['the end cut', 'truncated', () => write(linesIn().slice(0, 12))],
    ['the end cut by one', 'truncated', () => write(linesIn().slice(0, -1))],
    ['records rewritten and the end cut', 're-chained', () => forge(8, entriesFrom(8).slice(0, 9))],
    [
      'a zero among the records',
      'modified',
      () => {
        const text = readFileSync(segment(), 'utf8')
        writeFileSync(segment(), text.slice(0, -1500).concat('\0', text.slice(-1499, -200)))
      },
    ],
  ])('%s', async (_what, kind, tamper) => {
    tamper()
    expect(await kinds()).not.toEqual([])
    for (let n = 0; n < 3; n++) await session(20)
    expect((await check()).exitCode).toBe(1)
    expect(await kinds()).toContain(kind)
  })

  it('an older state put back', async () => {
    cpSync(directory(), join(home.path, 'old'), { recursive: true })
    await session()
    rmSync(directory(), { recursive: true })
    renameSync(join(home.path, 'old'), directory())
    for (let n = 0; n < 3; n++) await session(20)
    expect(await kinds()).toContain('truncated')
  })
})

describe('what was put there', () => {
  it('is not signed by the servers beside it', async () => {
    const log = await logIn(home.path, { heartbeatMs: 20, section: { checkpoints: { every: 5, copy_to: copy } } })
    mkdirSync(join(directory(), 'tickets-1'))
    forge(0, fakes, 'tickets-1')
    await recordCalls(log, 20, 1)
    await log.close()
    const { chains, undetectable } = await check()
    expect(chains.find(({ chain }) => chain === 'tickets-1')?.checkpoint).toBeUndefined()
    expect(undetectable).toContainEqual({
      kinds: expect.arrayContaining(['forged']),
      why: expect.stringContaining('tickets-1 1–3'),
    })
  })

  it.each<[string, readonly Entry[]]>([
    ['a session behind the last', fakes],
    ['a record behind the stop', [{ phase: 'resumed', detail: { reason: 'outage' } }]],
  ])('is named for good as what nobody had signed: %s', async (_what, entries) => {
    const { length } = linesIn()
    forge(length, entries)
    for (let n = 0; n < 2; n++) await session()
    const { undetectable } = await check()
    expect(undetectable).toContainEqual({
      kinds: expect.arrayContaining(['forged']),
      why: expect.stringContaining(`tickets-0 ${length + 1}–${length + entries.length}`),
    })
  })

  it('does not explain what is missing', async () => {
    forge(linesIn().length, [
      { phase: 'start', detail: { heartbeat_ms: 60_000 } },
      { phase: 'pruned', detail: { before: '2026-01-01', kept_from: ['tickets-0@11'] } },
      { phase: 'stop', detail: { open: 0 } },
    ])
    const rest = linesIn().slice(10)
    rmSync(segment())
    writeFileSync(join(directory(), 'tickets-0', '000000000011.jsonl'), `${rest.join('\n')}\n`)
    expect(await kinds()).toContain('gap')
    await session()
    expect(await kinds()).toContain('gap')
  })

  it('a chain under the name of another is none', async () => {
    cpSync(join(directory(), 'tickets-0'), join(directory(), 'tickets-1'), { recursive: true })
    expect(await check()).toMatchObject({ exitCode: 1, findings: [{ kind: 'forged', chain: 'tickets-1', seq: 1 }] })
  })
})

it('a start that fails signs nothing', async () => {
  forge(linesIn().length, fakes)
  const disk = new FaultyDisk()
  disk.fault = 'full'
  await expect(logIn(home.path, { file: { disk }, section: { checkpoints: { copy_to: copy } } })).rejects.toThrow()
  const { chains } = await check()
  expect(chains[0]?.checkpoint?.seq).toBe(linesIn().length - fakes.length)
  await session()
  expect((await check()).undetectable).not.toEqual([])
})

it('another name of a segment shows', async () => {
  renameSync(segment(), join(directory(), 'tickets-0', '000000000005.jsonl'))
  expect(await check()).toMatchObject({ exitCode: 1, findings: [{ kind: 'forged', seq: 1 }] })
})

it('a first record that is removed is a gap, not a lie of the name', async () => {
  write(linesIn().slice(1))
  expect(await check()).toMatchObject({ exitCode: 1, findings: [{ kind: 'gap', seq: 1, through: 1 }] })
})

it('a key that is replaced takes nothing from what the old one had signed', async () => {
  const keys = join(home.path, 'keys')
  mkdirSync(keys)
  const run = async (name: string, work: (log: AuditLog) => Promise<void>) => {
    const file = join(keys, `${name}.pem`)
    if (!existsSync(file))
      writeFileSync(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), {
        mode: 0o600,
      })
    const log = await logIn(home.path, { section: { checkpoints: { every: 5, copy_to: copy, key: `file:${file}` } } })
    await work(log)
    await log.close()
  }
  await run('old', async (log) => {
    await placeHold(log, { id: 'case-1', reason: 'r', by: 'legal' })
    await releaseHold(log, { id: 'case-1', by: 'legal' })
  })
  await run('new', (log) => recordCalls(log, 5, 1))
  expect(await check()).toMatchObject({ exitCode: 0, holds: [] })
  const unsigned = (await check()).undetectable.filter(({ why }) => why.includes('not signed yet'))
  expect(unsigned).toEqual([])
})

it('a hold that is placed again stands, whatever was released before it and in which chain', async () => {
  const checkpoints = { copy_to: copy }
  const logs = [
    await logIn(home.path, { section: { checkpoints } }),
    await logIn(home.path, { section: { checkpoints } }),
  ]
  const [first, second] = logs as [AuditLog, AuditLog]
  const hold = { id: 'case-1', reason: 'r', by: 'legal' }
  await placeHold(second, hold)
  await delay(5)
  await releaseHold(second, hold)
  await delay(5)
  await placeHold(first, hold)
  for (const log of logs) await log.close()
  expect((await check()).holds).toMatchObject([{ id: 'case-1' }])
})

it('what is signed lies in two places: one that is emptied is missed, and written to again', async () => {
  const log = await logIn(home.path, { section: { checkpoints: { every: 5, copy_to: copy } } })
  rmSync(copy, { recursive: true })
  await recordCalls(log, 10, 1)
  rmSync(join(directory(), 'checkpoints'), { recursive: true })
  await recordCalls(log, 10, 2)
  await log.close()
  expect(readdirSync(copy).length).toBeGreaterThan(0)
  expect(readdirSync(join(directory(), 'checkpoints')).length).toBeGreaterThan(0)
  rmSync(copy, { recursive: true })
  const { undetectable } = await check()
  expect(undetectable.map(({ why }) => why)).toContainEqual(expect.stringContaining(`${copy} holds no checkpoint`))
})
