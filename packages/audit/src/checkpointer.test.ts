import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory, within } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChainFiles, mutations } from '../test/mutations.ts'
import { directoryIn, environment, logIn, recordCalls, server, type TrailOptions } from '../test/recorded-trail.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { readCheckpointLines } from './checkpoint-directory.ts'
import { checkpointKey } from './checkpoint-key.ts'
import { Checkpointer } from './checkpointer.ts'
import { fileTrail } from './file-trail.ts'
import type { Sink } from './sink.ts'
import { verify } from './verify.ts'

let home: TemporaryDirectory
let copy: string
beforeEach(() => {
  home = temporaryDirectory()
  copy = join(home.path, 'elsewhere')
})
afterEach(() => home.remove())

const directory = () => directoryIn(home.path)
const beside = () => join(directory(), 'checkpoints')
const check = (publicKeys?: string[]) =>
  verify({
    trail: fileTrail({ directory: directory(), server, environment, copies: [copy] }),
    ...(publicKeys && { publicKeys }),
  })
const pemsIn = (place: string) =>
  readdirSync(place)
    .filter((file) => file.endsWith('.pub'))
    .map((file) => readFileSync(join(place, file), 'utf8'))

async function written(options: TrailOptions = {}, calls = 30): Promise<void> {
  const log = await logIn(home.path, { section: { checkpoints: { every: 10, copy_to: copy } }, ...options })
  await recordCalls(log, calls, 1)
  await log.close()
}

describe('checkpoints', () => {
  it('list the heads of all chains, in both places', async () => {
    const first = await logIn(home.path, { section: { checkpoints: { copy_to: copy } } })
    await recordCalls(first, 5, 1)
    const second = await logIn(home.path, { section: { checkpoints: { copy_to: copy } } })
    await second.close()
    const lines = (await readCheckpointLines(copy)).map((line) => parseCheckpoint(line))
    const last = lines.findLast((one) => one?.writer === 'tickets-1')
    expect(last?.heads.map(({ chain }) => chain)).toEqual(['tickets-0', 'tickets-1'])
    expect(await readCheckpointLines(beside())).toEqual(await readCheckpointLines(copy))
    expect(pemsIn(copy)).toEqual(pemsIn(beside()))
    await first.close()
  })

  it('come every so many records', async () => {
    const log = await logIn(home.path, { section: { checkpoints: { every: 10, seconds: 3600 } } })
    const count = async () => (await readCheckpointLines(beside())).length
    while ((await count()) === 0) await new Promise((resolve) => setImmediate(resolve))
    for (let turn = 0, before = await count(); turn < 4; turn++, before = await count()) {
      for (let n = 0; n < 9; n++) await log.append({ phase: 'read' }, 'kernel')
      expect(await count()).toBe(before)
      await log.append({ phase: 'read' }, 'kernel')
      while ((await count()) === before) await new Promise((resolve) => setImmediate(resolve))
    }
    await log.close()
  })

  it('come again at once when as many records came meanwhile', async () => {
    const taken: (() => void)[] = []
    const sink = {
      chain: 'tickets-0',
      heads: async () => [{ chain: 'tickets-0', seq: 1, hash: 'x' }],
    } as unknown as Sink
    const place = {
      name: 'slow',
      publish: async () => {},
      append: () => new Promise<void>((resolve) => taken.push(resolve)),
    }
    const key = await checkpointKey(home.path)
    const checkpointer = new Checkpointer({
      sink,
      environment,
      server,
      kind: 'file',
      key,
      every: 3,
      seconds: 3600,
      places: [place],
      onProblem: () => {},
    })
    const waiting = async (n: number) => {
      while (taken.length < n) await new Promise((resolve) => setImmediate(resolve))
    }
    for (let n = 0; n < 6; n++) checkpointer.moved()
    await waiting(1)
    for (let n = 0; n < 3; n++) checkpointer.moved()
    taken[0]?.()
    await within(5_000, 'the second checkpoint', waiting(2))
    taken[1]?.()
    const closed = checkpointer.close()
    await waiting(3)
    taken[2]?.()
    await closed
    expect(taken).toHaveLength(3)
  })

  it('reach the other place while one hangs, and a stop does not wait for it', { timeout: 30_000 }, async () => {
    const sink = {
      chain: 'tickets-0',
      heads: async () => [{ chain: 'tickets-0', seq: 1, hash: 'x' }],
    } as unknown as Sink
    const lines: string[] = []
    const problems: (string | undefined)[] = []
    const never = () => new Promise<void>(() => {})
    const checkpointer = new Checkpointer({
      sink,
      environment,
      server,
      kind: 'file',
      key: await checkpointKey(home.path),
      every: 1,
      seconds: 3600,
      places: [
        { name: 'hung', publish: async () => {}, append: never },
        { name: 'well', publish: async () => {}, append: async (line) => void lines.push(line) },
      ],
      onProblem: (problem) => problems.push(problem),
    })
    checkpointer.moved()
    await within(10_000, 'the stop', checkpointer.close())
    expect(lines.length).toBeGreaterThan(0)
    expect(problems).toEqual([expect.stringMatching(/^hung takes no checkpoints: no answer within 2000 ms$/)])
  })

  it('reach a place that was away when it is back', async () => {
    const problems: (string | undefined)[] = []
    const inTheWay = join(copy, `tickets-0.${new Date().toISOString().slice(0, 10)}.jsonl`)
    mkdirSync(inTheWay, { recursive: true })
    const log = await logIn(home.path, {
      section: { checkpoints: { every: 5, copy_to: copy } },
      onProblem: (problem) => problems.push(problem),
    })
    await recordCalls(log, 20, 1)
    while (problems.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(problems).toEqual([expect.stringContaining('elsewhere takes no checkpoints')])
    rmSync(inTheWay, { recursive: true })
    await log.close()
    expect(problems.at(-1)).toBeUndefined()
    expect(await readCheckpointLines(copy)).toEqual(await readCheckpointLines(beside()))
  })

  it('do not suffer from half a line before them', async () => {
    await written()
    const file = readdirSync(copy).find((name) => name.endsWith('.jsonl')) ?? ''
    writeFileSync(join(copy, file), `${readFileSync(join(copy, file), 'utf8')}{"v":1,"hea`)
    await written()
    expect(await check()).toMatchObject({ exitCode: 0, unreadableCheckpoints: 1 })
  })
})

describe('a rewrite by who can write the audit directory', () => {
  /** Everything that lies in the audit directory, as it is now. */
  const steal = () => cpSync(directory(), join(home.path, 'stolen'), { recursive: true })
  const putBack = () => {
    rmSync(directory(), { recursive: true })
    renameSync(join(home.path, 'stolen'), directory())
  }

  it('does not show without a second place, and verify says so', async () => {
    await written({ section: {} })
    steal()
    await written({ section: {} })
    putBack()
    const result = await verify({ trail: fileTrail({ directory: directory(), server, environment }) })
    expect(result.exitCode).toBe(0)
    expect(result.undetectable.map(({ why }) => why).join(' ')).toMatch(/only beside the records.*key that signs them/)
    expect(result.undetectable[0]?.kinds).toContain('re-chained')
  })

  it('shows against the copy: an older state put back', async () => {
    await written()
    steal()
    await written()
    putBack()
    expect(await check()).toMatchObject({ exitCode: 1, findings: [{ kind: 'truncated' }] })
  })

  it('shows against the copy: all records written anew', async () => {
    await written()
    const chain = new ChainFiles(join(directory(), 'tickets-0'))
    mutations.find(({ name }) => name.startsWith('everything'))?.apply(chain, () => 0.3)
    chain.save()
    rmSync(beside(), { recursive: true })
    expect(await check()).toMatchObject({ exitCode: 1, findings: [{ kind: 're-chained' }] })
  })

  it('shows against the copy: everything gone', async () => {
    await written()
    rmSync(directory(), { recursive: true })
    expect(await check()).toMatchObject({ exitCode: 1, findings: [{ kind: 'missing chain', chain: 'tickets-0' }] })
  })

  it('cannot be covered up with checkpoints of another key', async () => {
    await written()
    const honest = pemsIn(copy)
    const chain = new ChainFiles(join(directory(), 'tickets-0'))
    chain.lines.length -= 5
    chain.save()
    const forger = join(home.path, 'forger')
    cpSync(directory(), join(forger, 'development', 'audit'), { recursive: true })
    rmSync(join(forger, 'development', 'audit', 'keys', 'checkpoint.pem'))
    rmSync(join(forger, 'development', 'audit', 'checkpoints'), { recursive: true })
    const log = await logIn(forger)
    await log.close()
    for (const place of [beside(), copy]) {
      rmSync(place, { recursive: true })
      cpSync(join(forger, 'development', 'audit', 'checkpoints'), place, { recursive: true })
    }
    // The honest public key, kept elsewhere, is what makes it show.
    expect((await check(honest)).findings.map(({ kind }) => kind)).toContain('bad checkpoint')
  })

  it.each([
    ['a place that anybody may write to', 0o777, true],
    ['a place of another account', 0o755, false],
  ])('is said to be possible or not by %s', async (_what, mode, possible) => {
    await written()
    chmodSync(copy, mode)
    const trail = fileTrail({ directory: directory(), server, environment, copies: [copy] })
    const [own, elsewhere] = await trail.checkpoints()
    expect(own?.writable).toBe(true)
    // Tests run under one account; only the mode tells these two apart here.
    expect(elsewhere?.writable).toBe(true)
    const said = await verify({
      trail: { ...trail, checkpoints: async () => [own, { ...elsewhere, writable: possible }] as never },
      publicKeys: pemsIn(copy),
    })
    expect(said.undetectable.length).toBe(possible ? 1 : 0)
  })
})

describe('the key', () => {
  const pem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

  it('may lie elsewhere, and may be replaced', async () => {
    const file = join(home.path, 'key.pem')
    for (let run = 0; run < 2; run++) {
      writeFileSync(file, pem())
      await written({ section: { checkpoints: { every: 10, copy_to: copy, key: `file:${file}` } } })
    }
    expect(readdirSync(join(directory(), 'keys'))).toEqual(['hmac-000001.key'])
    expect(pemsIn(copy)).toHaveLength(2)
    const result = await check(pemsIn(copy))
    expect(result).toMatchObject({ exitCode: 0 })
    expect(result.undetectable.map(({ why }) => why).join()).not.toMatch(/key that signs/)
  })

  it.each([
    ['a missing file', undefined, /cannot be read \(ENOENT\)/],
    ['something else', 'secret text', /not an Ed25519 private key/],
    [
      'a key of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      /not an Ed25519/,
    ],
  ])('stops the start when it is %s, without showing it', async (_what, content, message) => {
    const file = join(home.path, 'key.pem')
    if (content) writeFileSync(file, content)
    const started = written({ section: { checkpoints: { key: `file:${file}` } } })
    await expect(started).rejects.toThrow(message)
    await expect(started).rejects.not.toThrow(/secret text/)
  })
})
