import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Lines, type TemporaryDirectory, temporaryDirectory, within } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaultyDisk } from '../test/faulty-disk.ts'
import { directoryIn, environment, logIn, recordCalls, server } from '../test/recorded-trail.ts'
import type { AuditLog } from './audit-log.ts'
import { fileTrail } from './file-trail.ts'
import { linesOf } from './lines-of.ts'
import { parseLine } from './read-line.ts'
import type { AuditRecord } from './record.ts'
import { verify } from './verify.ts'

let home: TemporaryDirectory
beforeEach(() => {
  home = temporaryDirectory()
})
afterEach(() => home.remove())

const chainDirectory = (chain = 'tickets-0') => join(directoryIn(home.path), chain)
const check = () => verify({ trail: fileTrail({ directory: directoryIn(home.path), server, environment }) })
const lastSegment = () =>
  join(
    chainDirectory(),
    readdirSync(chainDirectory())
      .filter((file) => file.endsWith('.jsonl'))
      .sort()
      .at(-1) ?? '',
  )
function records(chain = 'tickets-0'): AuditRecord[] {
  const files = readdirSync(chainDirectory(chain))
    .filter((file) => file.endsWith('.jsonl'))
    .sort()
  return files
    .flatMap((file) => readFileSync(join(chainDirectory(chain), file), 'utf8').split('\n'))
    .flatMap((line) => parseLine(line) ?? [])
}
async function written(calls = 10): Promise<void> {
  const log = await logIn(home.path)
  await recordCalls(log, calls, 1)
  await log.close()
}

describe('a chain', () => {
  it('is continued by the next process, across segments', async () => {
    for (let run = 0; run < 3; run++) {
      const log = await logIn(home.path, { file: { segmentBytesMax: 4_000 } })
      expect(log.chains).toEqual(['tickets-0'])
      await recordCalls(log, 20, run)
      await log.close()
    }
    expect(await check()).toMatchObject({ exitCode: 0, open: [] })
    const all = records()
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1))
    expect(all.filter(({ phase }) => phase === 'start' || phase === 'stop').map(({ phase }) => phase)).toEqual(
      Array(3).fill(['start', 'stop']).flat(),
    )
    expect(readdirSync(chainDirectory()).length).toBeGreaterThan(5)
  })

  it('has one writer: others take the next number, and give it back', async () => {
    const logs: AuditLog[] = []
    for (let n = 0; n < 3; n++) logs.push(await logIn(home.path))
    expect(logs.map((log) => log.chains[0])).toEqual(['tickets-0', 'tickets-1', 'tickets-2'])
    await logs[1]?.close()
    const next = await logIn(home.path)
    expect(next.chains).toEqual(['tickets-1'])
    for (const log of [...logs, next]) await log.close()
    expect(await check()).toMatchObject({ exitCode: 0 })
  })
})

describe('after a crash', () => {
  it('what was unfinished is moved aside, a record says so, and the same chain goes on', async () => {
    await written()
    appendFileSync(lastSegment(), '{"chain":"tickets-0","half')
    const torn = await check()
    expect(torn).toMatchObject({ exitCode: 3, findings: [{ kind: 'torn tail', chain: 'tickets-0' }] })

    const log = await logIn(home.path)
    await log.close()
    expect(await check()).toMatchObject({ exitCode: 0 })
    const aside = readdirSync(chainDirectory()).find((file) => file.startsWith('torn-')) ?? ''
    expect(readFileSync(join(chainDirectory(), aside), 'utf8')).toBe('{"chain":"tickets-0","half')
    expect(records().find(({ phase }) => phase === 'resumed')?.detail).toEqual({
      reason: 'taken_over',
      torn_bytes: 26,
      torn_file: aside,
    })
  })

  it('blocks of zeros, which a power cut leaves, are moved aside too', async () => {
    await written()
    const lines = readFileSync(lastSegment(), 'utf8').split('\n')
    // The stop was not on the disk yet, nor the record before it; the one before that came through.
    const lost = lines.slice(-5, -3).join('\n')
    const kept = lines.slice(0, -5).join('\n')
    writeFileSync(lastSegment(), `${kept}\n${'\0'.repeat(lost.length)}\n${lines.at(-3)}\n`)
    rmSync(join(directoryIn(home.path), 'checkpoints'), { recursive: true })
    const log = await logIn(home.path)
    expect(log.chains).toEqual(['tickets-0'])
    await log.close()
    expect(await check()).toMatchObject({ exitCode: 0 })
  })

  it('a new segment without a line is no end of the chain', async () => {
    await written()
    const next = records().length + 1
    writeFileSync(join(chainDirectory(), `${String(next).padStart(12, '0')}.jsonl`), '')
    const log = await logIn(home.path)
    await log.close()
    expect(await check()).toMatchObject({ exitCode: 0 })
    expect(records()[next - 1]?.phase).toBe('start')
  })

  it('a changed last record is left as it is: evidence is not written over', async () => {
    await written()
    const text = readFileSync(lastSegment(), 'utf8')
    writeFileSync(lastSegment(), text.replace(/"phase":"stop"/, '"phase":"read"'))
    const log = await logIn(home.path)
    expect(log.chains).toEqual(['tickets-1'])
    await log.close()
    expect(records('tickets-1')[0]?.detail).toMatchObject({ damaged_chains: ['tickets-0'] })
    expect(await check()).toMatchObject({ exitCode: 1, findings: [{ kind: 'modified', chain: 'tickets-0' }] })
  })
})

describe('processes that are killed under load', () => {
  const script = new URL('../test/writer.ts', import.meta.url).pathname
  async function killed(seed: number, after: number): Promise<string[]> {
    const child = spawn(process.execPath, [script, home.path, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    let text = ''
    await within(
      15_000,
      'records',
      new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk) => {
          text += chunk
          if (text.split('\n').length > after) resolve()
        })
      }),
    )
    child.kill('SIGKILL')
    await ended
    return text.split('\n').slice(1, -1)
  }

  it('lose nothing that they were told is safe, and leave no chain that looks tampered with', {
    timeout: 60_000,
  }, async () => {
    const acknowledged: string[] = []
    for (const [round, processes] of [3, 2].entries()) {
      const numbers = Array.from({ length: processes }, (_, n) => n)
      const all = await Promise.all(numbers.map((n) => killed(round * 5 + n, 100 + 60 * n)))
      acknowledged.push(...all.flat())
      const result = await check()
      expect([0, 3]).toContain(result.exitCode)
      expect(result.findings.filter(({ kind }) => kind !== 'torn tail')).toEqual([])
    }
    const log = await logIn(home.path)
    await log.close()
    expect((await check()).findings.filter(({ kind }) => kind !== 'torn tail')).toEqual([])
    const chains = readdirSync(directoryIn(home.path)).filter((name) => name.startsWith('tickets-'))
    expect(chains.length).toBeLessThanOrEqual(3)
    const recorded = new Set(
      chains.flatMap((chain) => records(chain)).map(({ phase, request }) => `${phase} ${request}`),
    )
    expect(acknowledged.length).toBeGreaterThan(500)
    expect(acknowledged.filter((one) => !recorded.has(one))).toEqual([])
  })
})

describe('a disk that fails', () => {
  let disk: FaultyDisk
  let log: AuditLog
  beforeEach(async () => {
    disk = new FaultyDisk()
    log = await logIn(home.path, { file: { disk, deadlineMs: 500, repairMs: 10 } })
    await recordCalls(log, 5, 1)
  })
  afterEach(() => log.close())

  async function recordOf(phase: string, ...chains: readonly string[]): Promise<void> {
    const has = (chain: string) =>
      existsSync(chainDirectory(chain)) && records(chain).some((record) => record.phase === phase)
    const wanted = chains.length === 0 ? ['tickets-0'] : chains
    while (!wanted.some(has)) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  async function resumed(): Promise<void> {
    while (log.problem() !== undefined) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  it.each(['full', 'half', 'read-only', 'hung', 'hung-then-written', 'sync-fails', 'sync-hangs'] as const)(
    '(%s) refuses, and goes on by itself when it works again',
    async (fault) => {
      disk.fault = fault
      const waiting = [1, 2, 3].map((n) =>
        log.append({ phase: 'outcome', request: `w-${n}` }, 'durable', { owed: n === 2 }),
      )
      for (const one of await Promise.allSettled(waiting))
        expect(one).toMatchObject({
          status: 'rejected',
          reason: { code: 'UPSTREAM_UNAVAILABLE', reason: 'audit_down' },
        })
      expect(log.problem()).toContain('tickets-0')
      expect(() => log.admit()).toThrow(/cannot be recorded/)
      await expect(log.append({ phase: 'read' }, 'kernel')).rejects.toMatchObject({ reason: 'audit_down' })

      disk.fault = 'none'
      await within(5_000, 'the repair', resumed())
      expect(log.chains).toEqual(['tickets-0'])
      await recordCalls(log, 5, 2)
      await log.close()
      expect(await check()).toMatchObject({ exitCode: 0 })
      const all = records()
      const back = all.find(({ phase }) => phase === 'resumed')
      expect(back?.detail).toMatchObject({ reason: 'outage', refused: 5 })
      // What stands in the file although its call was told otherwise is named.
      const before = all.filter(({ seq, request }) => seq < (back?.seq ?? 0) && request?.startsWith('w-'))
      for (const { seq } of before) {
        expect(seq).toBeGreaterThanOrEqual(Number(back?.detail?.['unanswered_from']))
        expect(seq).toBeLessThanOrEqual(Number(back?.detail?.['unanswered_to']))
      }
      // The outcome of a write that happened is made good.
      expect(all.filter(({ request, detail }) => request === 'w-2' && detail?.['late'] === true)).toHaveLength(1)
    },
  )

  it('notices that its file is another one', { timeout: 15_000 }, async () => {
    const copied = join(home.path, 'copied')
    cpSync(lastSegment(), copied)
    renameSync(copied, lastSegment())
    await within(5_000, 'the repair', recordOf('resumed'))
    await resumed()
    await recordCalls(log, 3, 3)
    await log.close()
    expect(await check()).toMatchObject({ exitCode: 0 })
  })

  it('signs what it wrote, not what somebody put into its place', { timeout: 15_000 }, async () => {
    await recordCalls(log, 3, 2)
    const forged = readFileSync(lastSegment(), 'utf8').trimEnd().split('\n')
    const [last] = forged.map((text) => parseLine(text) as AuditRecord).slice(-1)
    const end = { chain: 'tickets-0', seq: last?.seq ?? 0, hash: last?.hash ?? '' }
    const [more] = linesOf([{ phase: 'read', request: 'forged', server, environment }], end)
    const copied = join(home.path, 'copied')
    writeFileSync(copied, `${[...forged, more?.text].join('\n')}\n`)
    renameSync(copied, lastSegment())
    await within(5_000, 'the repair', recordOf('resumed', 'tickets-1'))
    await resumed()
    await log.close()
    const { chains } = await check()
    expect(chains.find(({ chain }) => chain === 'tickets-0')?.checkpoint?.seq ?? 0).toBeLessThan(more?.seq ?? 0)
  })

  it('notices that its file is gone, and goes on in another chain', { timeout: 15_000 }, async () => {
    const gone = join(home.path, 'gone')
    renameSync(chainDirectory(), gone)
    await within(5_000, 'the repair', recordOf('resumed', 'tickets-1'))
    await resumed()
    await recordCalls(log, 3, 3)
    await log.close()
    expect(await check()).toMatchObject({ exitCode: 1 })
    const [first] = records('tickets-1')
    expect(first).toMatchObject({ phase: 'resumed', seq: 1, detail: { left_chain: 'tickets-0' } })
  })

  it('shows that all of it was removed under its hands, checkpoints included', { timeout: 15_000 }, async () => {
    const { length } = records()
    rmSync(directoryIn(home.path), { recursive: true, maxRetries: 10 })
    // In which chain depends on whether it had signed again by then.
    await within(5_000, 'the repair', recordOf('resumed', 'tickets-0', 'tickets-1'))
    await resumed()
    await recordCalls(log, 2 * length, 3)
    await log.close()
    const { exitCode, findings } = await check()
    expect(exitCode).toBe(1)
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'truncated', chain: 'tickets-0', seq: 1, through: length }),
    )
  })
})

it('says which directory cannot be used', async () => {
  mkdirSync(join(home.path, 'development'), { recursive: true })
  writeFileSync(join(home.path, 'development', 'audit'), 'a file')
  await expect(logIn(home.path)).rejects.toThrow(/audit/)
  rmSync(join(home.path, 'development', 'audit'))
})

it('lets five processes write at once', { timeout: 60_000 }, async () => {
  const script = new URL('../test/writer.ts', import.meta.url).pathname
  const children = [1, 2, 3, 4, 5].map((seed) =>
    spawn(process.execPath, [script, home.path, String(seed), '200'], { stdio: ['ignore', 'pipe', 'inherit'] }),
  )
  const outputs = children.map((child) => new Lines(child.stdout))
  expect(outputs).toHaveLength(5)
  const exits = await Promise.all(children.map((child) => once(child, 'exit')))
  expect(exits.map(([code]) => code)).toEqual([0, 0, 0, 0, 0])
  const result = await check()
  expect(result).toMatchObject({ exitCode: 0, open: [] })
  const requests = result.chains
    .flatMap(({ chain }) => records(chain))
    .filter(({ phase }) => phase !== 'intent')
    .flatMap(({ request }) => request ?? [])
  expect(new Set(requests).size).toBe(1_000)
})
