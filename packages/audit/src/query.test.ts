import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { canonical } from '@postern/tool'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plant, type Question } from '../test/investigation.ts'
import { directoryIn, environment, logIn, server } from '../test/recorded-trail.ts'
import { auditSection } from './audit-section.ts'
import { exportRange, verifyExport } from './export-range.ts'
import { fileTrail } from './file-trail.ts'
import { hashOf } from './hash-of.ts'
import { rotateHmacKey } from './hmac-keys.ts'
import { auditKeys, openTrails } from './open-trails.ts'
import { query, rowColumns } from './query.ts'
import type { PrunableTrail } from './trail.ts'

let home: TemporaryDirectory
let questions: Question[]
let trail: PrunableTrail
const place = () => ({ section: auditSection.parse({}), environment, server, dataDirectory: home.path })
beforeAll(async () => {
  home = temporaryDirectory()
  const log = await logIn(home.path, { section: { checkpoints: { every: 100 } }, file: { segmentBytesMax: 200_000 } })
  questions = await plant(log, 1_500, 3)
  await log.close()
  trail = fileTrail({ directory: directoryIn(home.path), server, environment })
})
afterAll(() => home.remove())

describe('query', () => {
  it('answers twelve questions completely and with nothing else', async () => {
    expect(questions).toHaveLength(12)
    for (const { asked, filters, answer } of questions) {
      const { rows, total, verified } = await query({ trail, ...filters })
      expect(new Set(rows.map(({ phase, request }) => `${phase} ${request}`)), asked).toEqual(answer)
      expect(answer.size, asked).toBeGreaterThan(0)
      expect(total).toBe(rows.length)
      expect(verified.exitCode).toBe(0)
      expect(verified.chains[0]?.checkpoint).toBeDefined()
    }
  })

  it('gives flat rows in the order of time, as many as asked for', async () => {
    const { rows, total } = await query({ trail, phase: 'read', limit: 7 })
    expect(rows).toHaveLength(7)
    expect(total).toBeGreaterThan(7)
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(rowColumns)
      for (const value of Object.values(row)) expect(['string', 'number']).toContain(typeof value)
    }
    expect(rows.map(({ time }) => time)).toEqual(rows.map(({ time }) => time).sort())
  })

  it('tells the facts of an event', async () => {
    const { rows } = await query({ trail, phase: 'start' })
    expect(rows.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^heartbeat_ms=60000; open=0; open_since=\d+$/),
    ])
  })

  it('does not believe what stands behind a broken record', async () => {
    const copy = join(home.path, 'copy')
    const chain = join(directoryIn(home.path), 'tickets-0')
    cpSync(directoryIn(home.path), copy, { recursive: true })
    const first = readdirSync(chain).find((file) => file.endsWith('.jsonl')) ?? ''
    const text = readFileSync(join(chain, first), 'utf8')
    writeFileSync(join(copy, 'tickets-0', first), text.replace('"subject":"ada"', '"subject":"eve"'))
    const { total, verified } = await query({
      trail: fileTrail({ directory: copy, server, environment }),
      principal: 'eve',
    })
    expect(total).toBe(0)
    expect(verified).toMatchObject({ exitCode: 1, findings: [{ kind: 'modified' }] })
  })

  it('refuses a time that is none', async () => {
    await expect(query({ trail, since: 'last tuesday' })).rejects.toThrow(/not a time/)
  })
})

describe('hashOf', () => {
  it('finds a value under every key there was', async () => {
    const before = await auditKeys(place())
    await rotateHmacKey(directoryIn(home.path))
    const keys = await auditKeys(place())
    expect(keys.all).toHaveLength(2)
    expect(keys.all[1]?.id).toBe(before.current.id)
    const hashes = hashOf('{ "email" : "known@example.com" }', keys)
    expect(hashes.map(({ of }) => of)).toEqual(['text', 'arguments', 'text', 'arguments'])
    const found = await Promise.all(hashes.map(({ hmac }) => query({ trail, hash: hmac })))
    expect(found.map(({ total }) => total)).toEqual([0, 0, 0, 1])
    expect(hashOf(canonical({ a: 1 }), keys)).toHaveLength(2)
  })
})

describe('export', () => {
  async function* linesOf(lines: readonly string[]) {
    yield* lines
  }
  async function exported(): Promise<string[]> {
    const { since, until } = questions[0]?.filters ?? {}
    const { lines, verified } = await exportRange({ trail, since: since ?? '', until: until ?? '' })
    expect(verified.exitCode).toBe(0)
    const all: string[] = []
    for await (const line of lines()) all.push(line)
    return all
  }

  const header = (lines: string[], change: object) =>
    lines.with(0, JSON.stringify({ ...(JSON.parse(String(lines[0])) as object), ...change }))
  const inChain = (lines: string[], chain: string) => String(lines.at(-1)).replace('"tickets-0"', `"${chain}"`)

  it('carries its proof: all that is asked for, and on to the checkpoint that signs it', async () => {
    const { rows } = await query({ trail, limit: 10_000 })
    let further = 0
    for (const [from, to] of [
      [300, 420],
      [310, 455],
      [500, 633],
      [7, 1_111],
    ] as const) {
      const [since, until] = [String(rows[from]?.time), String(rows[to]?.time)]
      const wanted = rows.filter(({ time }) => time >= since && time < until)
      const exported = await exportRange({ trail, since, until })
      const lines: string[] = []
      for await (const line of exported.lines()) lines.push(line)
      const result = await verifyExport(() => linesOf(lines))
      expect(result).toMatchObject({ exitCode: 0, findings: [] })
      const there = new Set(lines.slice(1).map((line) => JSON.parse(line).seq))
      expect(wanted.every(({ seq }) => there.has(seq))).toBe(true)
      expect(result.chains[0]?.from).toBe(wanted[0]?.seq)
      expect(result.chains[0]?.checkpoint?.seq).toBe(result.chains[0]?.to)
      further += there.size - wanted.length
    }
    expect(further).toBeGreaterThan(0)
  })

  it.each([
    ['a record taken out', (lines: string[]) => lines.toSpliced(9, 1), 'gap'],
    [
      'a record changed',
      (lines: string[]) =>
        lines.with(9, String(lines[9]).replace('"read"', '"outcome"').replace('"rows":1', '"rows":2')),
      'modified',
    ],
    ['its begin cut', (lines: string[]) => lines.toSpliced(1, 3), 'gap'],
    ['its end cut', (lines: string[]) => lines.slice(0, -1), 'truncated'],
    ['a line added', (lines: string[]) => [...lines, '{"note":"hi"}'], 'forged'],
    [
      'a record of a chain that it does not name',
      (lines: string[]) => [...lines, inChain(lines, 'tickets-7')],
      'forged',
    ],
    ['another environment named', (lines: string[]) => header(lines, { environment: 'production' }), 'forged'],
    ['another sink named', (lines: string[]) => header(lines, { sink: 'postgres' }), 'bad checkpoint'],
    ['its checkpoint taken out', (lines: string[]) => header(lines, { checkpoint: undefined }), 'bad checkpoint'],
  ])('shows %s', async (_what, change, kind) => {
    const lines = change(await exported())
    expect(await verifyExport(() => linesOf(lines))).toMatchObject({ exitCode: 1, findings: [{ kind }] })
  })

  it('is not taken for one when it is none', async () => {
    await expect(verifyExport(() => linesOf(['{"type":"other"}']))).rejects.toThrow(/not an export/)
  })
})

it('opens the trails that a section has written', async () => {
  const [first, ...others] = await openTrails(place())
  expect(others).toEqual([])
  expect(await first?.chains()).toEqual(['tickets-0'])
  expect(await trail.bytes()).toBeGreaterThan(100_000)
})
