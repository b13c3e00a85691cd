import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { directoryIn, environment, logIn, recordCalls, server } from '../test/recorded-trail.ts'
import { fileTrail } from './file-trail.ts'
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
  expect(await check()).toMatchObject({ exitCode: 1, findings: [{ kind: 'bad checkpoint' }] })
})
