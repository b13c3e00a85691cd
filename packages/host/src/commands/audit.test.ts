import { generateKeyPairSync, hash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentWith, freePort, type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
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
    [['--trace', '0af7651916cd43dd8448eb211c80319c'], []],
    [['--trace', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'], []],
    [['--approval', 'none'], []],
    [['--hash', 'A'.repeat(43)], []],
    [['--after-request', 'none'], []],
    [['--since', '1h', '--principal', 'ana', '--limit', '1'], ['read']],
    [['--until', '1h', '--principal', 'ana'], []],
    [['--since', '30m ago', '--until', '2999-01-01', '--phase', 'read'], ['read']],
    [['--since', '7d', '--phase', 'read'], ['read']],
  ])('passes %j on to the trail', async (filters, phases) => {
    expect((await rows(...filters)).rows.map(({ phase }: { phase: string }) => phase)).toEqual(phases)
  })

  it.each([
    [['query', '--decision', 'maybe'], '--decision must be one of allowed, denied.'],
    [['query', '--since', 'last tuesday'], 'is not a time'],
    [['query', '--since', '12'], 'is not a time'],
    [['query', '--since', '24h before'], 'how long ago: 30m, 24h, 7d.'],
    [['query', '--since', '1h', '--until', '2h'], '--since must be before --until'],
    [['query', '--since', '2999-01-01'], '--since 2999-01-01 lies in the future'],
    [['query', '--phase', 'denid'], 'there is no phase "denid". Did you mean denied?'],
    [['query', '--phase', 'zzz'], 'There are: intent, outcome, read,'],
    [['query', '--principal', 'a', '--principal', 'b'], '--principal is given more than once; it takes a subject.'],
    [['query', '--trace', 'x'], 'a trace id of 32 hexadecimal digits'],
    [['query', '--hash', 'zzz'], 'a keyed hash of 43 letters'],
    [['verify', '--public-key', 'a', '--public-key', 'b'], '--public-key is given more than once'],
    [['verify', '--checkpoints', '/does/not/exist'], '--checkpoints /does/not/exist is no directory on this machine.'],
    [['verify', '--checkpoints', import.meta.dirname], 'holds no checkpoint of notes in development. Mount it, or'],
    [['query', '--checkpoints', '/does/not/exist'], 'Mount it, or pass --checkpoints'],
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
    [['export', '--since', '2999-01-01', '--out', 'x'], '--since 2999-01-01 lies in the future'],
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

  it('finds nothing for a tool that there is not, and says so', async () => {
    const { code, out, err } = await run(['query', '--tool', 'get_notes'])
    expect({ code, total: JSON.parse(out).total }).toEqual({ code: 0, total: 0 })
    expect(err).toBe('notes: it has no tool or resource get_notes. Did you mean get_note?\n')
    for (const tool of ['get_note', 'whoami', 'list_approvals'])
      expect((await run(['query', '--tool', tool])).err).toBe('')
  })

  it('does not verify without the copy of the checkpoints that is configured', async () => {
    const copy = join(directory.path, 'elsewhere')
    const to = join(directory.path, 'copied.yaml')
    const file = environmentWith(environment, { 'audit.checkpoints': { copy_to: copy } }, to)
    for (const args of [['verify'], ['query'], ['export', '--since', '1h', '--out', 'x'], ['prune']]) {
      const { code, err } = await run(args, directory.path, file)
      expect(code).toBe(2)
      expect(err).toBe(
        `notes: audit.checkpoints.copy_to ${copy} is no directory on this machine. Mount it, or pass --checkpoints with a directory that holds a copy of the checkpoints.\n`,
      )
    }
    const beside = join(directory.path, 'development', 'audit', 'checkpoints')
    expect((await run(['verify', '--checkpoints', beside], directory.path, file)).code).toBe(0)
  })

  it('asks whether the key is the right one where it fits no checkpoint', async () => {
    const { publicKey } = generateKeyPairSync('ed25519')
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const id = hash('sha256', publicKey.export({ type: 'spki', format: 'der' })).slice(0, 16)
    const beside = join(directory.path, 'development', 'audit', 'checkpoints')
    const [own = ''] = readdirSync(beside).filter((name) => name.endsWith('.pub'))
    const keys = join(directory.path, 'keys.pem')
    writeFileSync(keys, pem)
    for (const args of [['verify'], ['query', '--target', 'n1']]) {
      const wrong = await run([...args, '--public-key', keys])
      expect(wrong.code).toBe(1)
      expect(wrong.err).toContain(
        `no checkpoint was signed with ${id}, the key of --public-key. Is this the right key?`,
      )
    }
    writeFileSync(keys, `${pem}${readFileSync(join(beside, own), 'utf8')}`)
    expect(await run(['verify', '--public-key', keys])).toMatchObject({ code: 0, err: '' })
    writeFileSync(keys, '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n')
    expect((await run(['verify', '--public-key', keys])).err).toContain('holds a key that is no Ed25519 public key')
  })

  it('says in a query too that all records of a chain are gone', async () => {
    const copy = join(directory.path, 'emptied')
    cpSync(join(directory.path, 'development', 'audit'), copy, { recursive: true })
    rmSync(join(copy, 'notes-0'), { recursive: true })
    const { code, out } = await run(['query', '--principal', 'ana', '--directory', copy])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ total: 0, verified: { findings: [{ kind: 'missing chain' }] } })
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

  it('gives up where nobody takes records, and names the host alone', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/v1/logs?key=s3cret`
    const to = join(directory.path, 'nobody.yaml')
    const file = environmentWith(environment, { 'audit.forward': { otlp: url } }, to)
    const cursor = join(directory.path, 'nobody.json')
    const { code, out, err } = await run(['forward', '--once', '--cursor', cursor], directory.path, file)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toBe(
      `notes: 127.0.0.1:${port} refused the connection. It gave up; what was not taken is sent next time.\n`,
    )
  })

  it('refuses a secret in the URL of the endpoint, and does not repeat it', async () => {
    const to = join(directory.path, 'secret.yaml')
    const file = environmentWith(environment, { 'audit.forward': { otlp: 'http://user:s3cret@logs.example' } }, to)
    const { code, err } = await run(['forward', '--once'], directory.path, file)
    expect(code).toBe(2)
    expect(err).toContain('audit.forward: a URL with a user or a password is not taken')
    expect(err).not.toContain('s3cret')
  })

  it('sends a chain again that no longer holds what was sent, and says so', async () => {
    const file = environmentWith(environment, { 'audit.forward': 'stdout' }, join(directory.path, 'again.yaml'))
    const cursor = join(directory.path, 'again.json')
    writeFileSync(cursor, '{"notes-0":1000}')
    const { code, out, err } = await run(['forward', '--once', '--cursor', cursor], directory.path, file)
    expect(code).toBe(0)
    expect(JSON.parse(out.split('\n')[0] ?? '')).toMatchObject({ chain: 'notes-0', seq: 1 })
    expect(err).toMatch(/^notes: notes-0 no longer holds record 1000, which was sent last: .*\n$/)
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
