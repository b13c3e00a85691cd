import { cpSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { environmentWith, type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { MainContext } from '../serve.ts'
import type { ServerDefinition } from '../server-definition.ts'
import { testHost } from '../testing/index.ts'
import { notesServer } from '../testing/notes-server.ts'
import { audit } from './audit.ts'

const environment = join(import.meta.dirname, '../testing/notes.yaml')

describe('audit', () => {
  let directory: TemporaryDirectory
  beforeAll(async () => {
    directory = temporaryDirectory()
    const host = await testHost(notesServer, { environmentFile: environment, dataDirectory: directory.path })
    await host.call('get_note', { id: 'n1' })
    await host.call('write_note', { text: 'hello', idempotency_key: 'the-key-of-a-note' })
    await host.close()
  })
  afterAll(() => directory.remove())
  afterEach(() => {
    vi.restoreAllMocks()
    process.exitCode = 0
  })

  /** What a process would print, and its exit code. */
  async function run(args: readonly string[], data = directory.path, file = environment) {
    process.exitCode = 0
    let out = ''
    let err = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((text, ...rest: unknown[]) => {
      out += text
      const done = rest.at(-1)
      if (typeof done === 'function') done()
      return true
    })
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      err += text
      return true
    })
    const context: MainContext = {
      server: notesServer as unknown as ServerDefinition,
      directory: import.meta.dirname,
      env: { POSTERN_ENVIRONMENT: file, POSTERN_DATA: data },
      args,
    }
    await audit(context)
    vi.restoreAllMocks()
    return { code: Number(process.exitCode ?? 0), out, err }
  }
  const rows = async (...filters: string[]) => JSON.parse((await run(['query', ...filters])).out)

  it('verifies each trail, as JSON', async () => {
    const { code, out, err } = await run(['verify'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const { server, trails } = JSON.parse(out)
    expect(server).toBe('notes')
    expect(trails).toMatchObject([
      {
        sink: 'file',
        exit_code: 0,
        findings: [],
        chains: [{ chain: 'notes-0', from: 1, checkpoint: trails[0].records }],
      },
    ])
  })

  it.each([
    [
      ['--principal', 'ana'],
      ['read', 'intent', 'outcome'],
    ],
    [['--issuer', 'urn:postern:local', '--tenant', 'acme', '--tool', 'get_note'], ['read']],
    [['--effect', 'write', '--decision', 'allowed'], ['outcome']],
    [['--credential', 'local:ana', '--phase', 'intent'], ['intent']],
    [
      ['--key', 'the-key-of-a-note'],
      ['intent', 'outcome'],
    ],
    [['--value', '{"id":"n1"}'], ['read']],
    [['--key', '{"id":"n1"}'], []],
    [['--purpose', 'sales'], []],
    [['--target', 'n1'], ['read']],
    [['--target', 'n2'], []],
    [['--error', 'NOT_FOUND'], []],
    [['--request', 'none'], []],
    [['--trace', 'none'], []],
    [['--approval', 'none'], []],
    [['--hash', 'none'], []],
    [['--after-request', 'none'], []],
    [['--since', '1h', '--principal', 'ana', '--limit', '1'], ['read']],
    [['--until', '1h', '--principal', 'ana'], []],
  ])('passes %j on to the trail', async (filters, phases) => {
    expect((await rows(...filters)).rows.map(({ phase }: { phase: string }) => phase)).toEqual(phases)
  })

  it.each([
    [['query', '--decision', 'maybe'], '--decision must be one of allowed, denied.'],
    [['query', '--since', 'last tuesday'], 'is not a time'],
    [['query', '--since', '12'], 'is not a time'],
    [['query', '--limit', '0'], 'from 1 to'],
    [['query', '--key', 'a', '--value', 'b'], 'exclude each other'],
    [['query', '--after-target', 'a', '--after-request', 'b'], 'exclude each other'],
    [['query', 'N-1'], 'does not know "N-1"'],
    [['query', '--princpal', 'x'], 'Did you mean --principal?'],
    [['verify', '--sink', 'postgres'], 'this deployment records to file'],
    [['verify', '--public-key', '/none'], '--public-key /none cannot be read'],
    [['verify', '--public-key', environment], 'holds no public key'],
    [['verify', '--export', '/none'], '/none does not exist'],
    [['verify', '--export', environment], 'is not an export'],
    [['export', '--since', '1h'], 'needs --since and --out'],
    [['export', '--since', '1h', '--until', '2h', '--out', 'x'], '--since must be before --until'],
    [['hash'], 'needs a value'],
    [['hash', 'a', 'b'], 'takes one value'],
    [['hold', 'place', 'CASE 7', '--reason', 'x', '--by', 'y'], 'needs an id'],
    [['hold', 'place', 'CASE-7', '--by', 'y'], 'needs a --reason'],
    [['hold', 'release', 'CASE-7'], 'needs --by'],
    [['hold', 'lift', 'CASE-7'], 'does not know "lift"'],
    [['verfy'], 'There are: verify, query'],
    [[], 'There are: verify, query'],
  ])('answers %j with exit 2, which never means tampering', async (args, hint) => {
    const { code, out, err } = await run(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(hint)
    expect(err).toMatch(/^notes: /)
  })

  it('forwards every record once', async () => {
    const file = environmentWith(environment, { 'audit.forward': 'stdout' }, join(directory.path, 'forward.yaml'))
    const first = await run(['forward', '--once'], directory.path, file)
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' })
    const [record, ...more] = first.out.trimEnd().split('\n')
    expect(JSON.parse(record ?? '')).toMatchObject({ chain: 'notes-0', seq: 1, phase: 'start' })
    expect(more.length).toBeGreaterThan(3)
    expect(await run(['forward', '--once'], directory.path, file)).toEqual({ code: 0, out: '', err: '' })
    const nowhere = await run(['forward', '--once'])
    expect(nowhere).toMatchObject({ code: 2, out: '' })
    expect(nowhere.err).toContain('set audit.forward to stdout')
  })

  it('exports into a new file that nobody else reads, and verifies it', async () => {
    const file = join(directory.path, 'export.jsonl')
    const { code, out } = await run(['export', '--since', '1h', '--out', file])
    expect(code).toBe(0)
    const { records, signed } = JSON.parse(out)
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(records + 1)
    expect(signed).toBe(true)
    expect(statSync(file).mode & 0o077).toBe(0)
    expect((await run(['export', '--since', '1h', '--out', file])).err).toContain('exists already')
    const verified = await run(['verify', '--export', file])
    expect(JSON.parse(verified.out)).toMatchObject({ server: 'notes', trails: [{ exit_code: 0, records }] })
  })

  it('keeps holds in the trail itself', async () => {
    const holds = async (...args: string[]) => JSON.parse((await run(['hold', ...args])).out).holds
    expect(await holds('list')).toEqual([])
    const hold = { id: 'CASE-7', reason: 'court order 12', by: 'legal' }
    expect(await holds('place', 'CASE-7', '--reason', hold.reason, '--by', 'legal')).toMatchObject([hold])
    expect((await run(['hold', 'place', 'CASE-7', '--reason', 'x', '--by', 'y'])).err).toContain('stands already')
    const held = await run(['prune'])
    expect(held.code).toBe(1)
    expect(JSON.parse(held.out).trails).toMatchObject([{ holds: [hold], kept_from: {} }])
    expect((await run(['hold', 'release', 'CASE-8', '--by', 'legal'])).err).toContain('There are: CASE-7')
    expect(await holds('release', 'CASE-7', '--by', 'legal')).toEqual([])
    expect((await run(['prune'])).code).toBe(0)
  })

  it('makes no hashes under a key that no record names', async () => {
    const nothing = temporaryDirectory()
    expect(await run(['hash', 'x'], nothing.path)).toMatchObject({ code: 2, out: '' })
    const copy = join(nothing.path, 'copy')
    cpSync(join(directory.path, 'development', 'audit'), copy, { recursive: true })
    expect((await run(['hash', 'x', '--directory', copy])).code).toBe(0)
    rmSync(join(copy, 'keys'), { recursive: true })
    expect((await run(['hash', 'x', '--directory', copy])).err).toContain('Copy the keys together with the records')
    expect((await run(['verify', '--directory', copy])).code).toBe(0)
    expect((await run(['verify'], nothing.path)).code).toBe(2)
    nothing.remove()
  })
})
