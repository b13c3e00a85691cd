import { appendFileSync, cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { development, postern, talk, urgent } from '../../test/tickets.ts'

describe('postern audit', () => {
  let directory: TemporaryDirectory
  let data: string
  let chain: string
  let answer: string

  beforeAll(async () => {
    directory = temporaryDirectory()
    data = join(directory.path, 'data')
    chain = join(data, 'development', 'audit', 'tickets-0', '000000000001.jsonl')
    await talk({ data, environment: development }, async (client) => {
      await client.callTool('get_ticket', { ticket_id: 'OPS-12' })
      await client.callTool('search_tickets', { project_key: 'PAY', text: 'refund' })
      answer = (await client.callTool('create_ticket', { ...urgent, priority: 'P2' })).text
    })
  })
  afterAll(() => directory.remove())

  beforeEach(() => {
    vi.stubEnv('POSTERN_DATA', data)
    vi.stubEnv('POSTERN_ENVIRONMENT', development)
  })
  afterEach(() => vi.unstubAllEnvs())

  /** A copy of the records to be changed, as if by somebody else. */
  function copy(name: string, change: (lines: string[]) => string[]): string {
    const to = join(directory.path, name)
    cpSync(join(data, 'development', 'audit'), to, { recursive: true })
    const file = join(to, 'tickets-0', '000000000001.jsonl')
    const lines = change(readFileSync(file, 'utf8').trimEnd().split('\n'))
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
    return to
  }
  const query = (...filters: string[]) => postern('audit', 'query', 'tickets', ...filters)
  const rows = async (...filters: string[]) => JSON.parse((await query(...filters, '--json')).out)

  describe('verify', () => {
    it('says that all is as written, how far, and what would not have shown', async () => {
      const { code, out, err } = await postern('audit', 'verify', 'tickets')
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toMatch(/✓ intact: \d+ records/)
      expect(out).toMatch(/tickets-0 {2}1–(\d+) +\1/)
      expect(out).toMatch(
        /What would not have shown:\n {2}- truncated, re-chained, missing chain: Checkpoints lie only/,
      )
      for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    })

    it('changes nothing and records nothing', async () => {
      const before = statSync(chain)
      await postern('audit', 'verify', 'tickets')
      await query('--target', 'OPS-12')
      const after = statSync(chain)
      expect([after.size, after.mtimeMs]).toEqual([before.size, before.mtimeMs])
    })

    it.each([
      ['modified', 4, true, (lines: string[]) => lines.with(3, (lines[3] ?? '').replace('"acme"', '"evil"'))],
      ['gap', 4, false, (lines: string[]) => lines.toSpliced(3, 1)],
      ['reordered', 4, true, (lines: string[]) => lines.with(3, lines[4] ?? '').with(4, lines[3] ?? '')],
      ['truncated', 6, false, (lines: string[]) => lines.slice(0, 5)],
    ])('names the kind and the first bad record: %s at %i (as JSON: %s)', async (kind, seq, json, change) => {
      const place = copy(kind, change)
      const { code, out } = await postern(
        ...['audit', 'tickets', 'verify', '--directory', place, ...(json ? ['--json'] : [])],
      )
      expect(code).toBe(1)
      if (json) {
        expect(JSON.parse(out).trails[0]).toMatchObject({ exit_code: 1, findings: [{ kind, seq }] })
        return
      }
      expect(out).toContain('✗ tampered with')
      expect(out).toMatch(new RegExp(`✗ ${kind}, tickets-0, records? ${seq}[:–]`))
    })

    it('tells what a crash leaves from tampering', async () => {
      const place = copy('torn', (lines) => lines)
      appendFileSync(join(place, 'tickets-0', '000000000001.jsonl'), '{"chain":"tick')
      const { code, out } = await postern('audit', 'verify', 'tickets', '--directory', place)
      expect(code).toBe(3)
      expect(out).toMatch(/! intact: \d+ records, and 1 unfinished line of a crash/)
      expect(out).toMatch(/! torn tail, tickets-0, record \d+: 14 bytes/)
      expect(out).not.toContain('✗')
    })

    it('has nothing to say about nothing', async () => {
      const { code, out } = await postern('audit', 'verify', 'tickets', '--directory', join(directory.path, 'none'))
      expect(code).toBe(2)
      expect(out).toContain('nothing is recorded here')
    })

    it('believes a public key that was kept elsewhere, and no other', async () => {
      const kept = join(directory.path, 'kept.pub')
      const [own] = JSON.parse(readFileSync(await exported('key.jsonl'), 'utf8').split('\n')[0] ?? '').publicKeys
      writeFileSync(kept, `a note\n${own}`)
      const right = await postern('audit', 'verify', 'tickets', '--public-key', kept)
      expect(right.code).toBe(0)
      expect(right.out).not.toContain('The public key was taken from beside the checkpoints')
      writeFileSync(
        kept,
        '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAfad4fa5gA92ww3s96mPMX1pTe0JsH6UNYxVqXaHKlag=\n-----END PUBLIC KEY-----',
      )
      const wrong = await postern('audit', 'verify', 'tickets', '--public-key', kept)
      expect(wrong.code).toBe(1)
      expect(wrong.out).toContain('bad checkpoint')
      expect(wrong.err).toContain('Is this the right key?')
    })
  })

  describe('query', () => {
    it('answers who read a record, and says on which verified range the answer rests', async () => {
      const { code, out, err } = await query('--target', 'OPS-12')
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toMatch(
        /^time +principal +tool +targets +phase +outcome\n20\S+ \S+Z +support +get_ticket +OPS-12 +read\n/,
      )
      expect(out).toMatch(/\n1 record\. Verified: tickets-0 1–(\d+) \(signed up to \1\)\.\n$/)
    })

    it('says why a call was refused', async () => {
      const { out } = await query('--decision', 'denied', '--since', '1h')
      expect(out).toMatch(/search_tickets +denied +PERMISSION_DENIED rows;\s+roles\.support-agent/)
      expect(out).toContain('1 record.')
    })

    const write = ['intent', 'outcome']
    it.each([
      [
        ['--credential', 'local:support', '--effect', 'read', '--since', '1h'],
        ['read', 'denied'],
      ],
      [['--key', urgent.idempotency_key], write],
      [['--error=PERMISSION_DENIED', '--principal', 'support'], ['denied']],
    ])('filters by %j', async (filters, phases) => {
      const { rows: found, total, verified } = await rows(...filters)
      expect(found.map(({ phase }: { phase: string }) => phase)).toEqual(phases)
      expect(total).toBe(phases.length)
      expect(verified.exit_code).toBe(0)
    })

    it('finds an answer as it was sent, in a log that does not hold it', async () => {
      const { rows: found } = await rows('--value', answer)
      expect(found).toMatchObject([{ phase: 'outcome', tool: 'create_ticket' }])
      const log = readFileSync(chain, 'utf8')
      expect(log).not.toContain(urgent.title)
      expect(log).not.toContain(urgent.idempotency_key)
    })

    it('writes CSV, and keeps notes out of it', async () => {
      const { code, out, err } = await query('--target', 'OPS-12', '--format', 'csv')
      expect(code).toBe(0)
      const [head = '', row = '', ...more] = out.trimEnd().split('\n')
      expect(head).toMatch(/^time,phase,principal,/)
      expect(more).toEqual([])
      expect(row).toMatch(/^20.*Z,read,support,,urn:postern:local,acme,support,get_ticket,read,OPS-12,allowed,/)
      expect(err).toMatch(/^1 record\. Verified: tickets-0/)
    })

    it('shows the columns that are asked for, and as many rows', async () => {
      const { out } = await query('--columns', 'phase,request,outcome', '--limit', '2')
      expect(out).toMatch(/^phase +request +outcome\nstart/)
      expect(out).toMatch(/\n2 of \d+ records\./)
    })

    it('writes the columns that are asked for as CSV and as JSON too', async () => {
      const asked = ['--target', 'OPS-12', '--columns', 'tool,outcome,rows']
      expect((await query(...asked, '--format', 'csv')).out).toMatch(/^tool,outcome,rows\nget_ticket,,\d*\n$/)
      const { columns, rows: found, total } = await rows(...asked)
      expect({ columns, total }).toEqual({ columns: ['tool', 'outcome', 'rows'], total: 1 })
      expect(found.map(Object.keys)).toEqual([columns])
      expect((await query('--columns', 'time,who', '--json')).code).toBe(2)
    })

    it('shows beside an empty answer that there is no such tool', async () => {
      const { code, out, err } = await query('--tool', 'get_tikcet')
      expect(code).toBe(0)
      expect(out).toContain('0 records.')
      expect(err).toBe('it has no tool or resource get_tikcet. Did you mean get_ticket?\n')
    })

    it('says that all records are gone, rather than that there are none', async () => {
      const place = copy('gone', (lines) => lines)
      rmSync(join(place, 'tickets-0'), { recursive: true })
      const { code, out } = await query('--target', 'OPS-12', '--directory', place)
      expect(code).toBe(1)
      expect(out).toContain('✗ missing chain, tickets-0')
    })

    it('does not believe what stands behind a broken record, and says so', async () => {
      const place = copy('half', (lines) => lines.with(2, (lines[2] ?? '').replace('"acme"', '"evil"')))
      const { code, out } = await query('--tenant', 'acme', '--directory', place)
      expect(code).toBe(1)
      expect(out).toContain('0 records. Verified: tickets-0 1–2')
      expect(out).toContain('✗ modified, tickets-0, record 3')
    })
  })

  it('hashes a value as the records do', async () => {
    const { code, out } = await postern('audit', 'hash', 'tickets', urgent.idempotency_key)
    expect(code).toBe(0)
    const [hmac = ''] = /[\w-]{43}/.exec(out) ?? []
    expect((await rows('--hash', hmac)).total).toBe(2)
  })

  async function exported(name: string): Promise<string> {
    const file = join(directory.path, name)
    expect((await postern('audit', 'export', 'tickets', '--since', '1h', '--out', file)).code).toBe(0)
    return file
  }

  it('exports a stretch of time that verifies by itself', async () => {
    const file = await exported('export.jsonl')
    expect(statSync(file).mode & 0o077).toBe(0)

    vi.stubEnv('POSTERN_DATA', '/nowhere')
    vi.stubEnv('POSTERN_ENVIRONMENT', '/nowhere')
    const verified = await postern('audit', 'verify', '--export', file)
    expect(verified.code).toBe(0)
    expect(verified.out).toMatch(/an export of .*\n✓ intact/)

    const changed = join(directory.path, 'changed.jsonl')
    writeFileSync(changed, readFileSync(file, 'utf8').replace('"subject":"support"', '"subject":"mallory"'))
    const broken = await postern('audit', 'verify', '--export', changed)
    expect(broken.code).toBe(1)
    expect(broken.out).toContain('✗ modified, tickets-0')
  })

  it('calls nothing proved that comes from a trail that was tampered with', async () => {
    const place = copy('unproved', (lines) => lines.with(3, (lines[3] ?? '').replace('"acme"', '"evil"')))
    const out = join(directory.path, 'unproved.jsonl')
    const exported = await postern('audit', 'export', 'tickets', '--since', '1h', '--out', out, '--directory', place)
    expect(exported.code).toBe(1)
    expect(exported.out).toContain('✗ tampered with')
    expect(exported.out).not.toMatch(/proves/)
  })

  it('prunes nothing while a legal hold stands, and nothing that is young', async () => {
    const hold = (...args: string[]) => postern('audit', 'hold', 'tickets', ...args)
    const placed = await hold('place', 'CASE-7', '--reason', 'court order 12', '--by', 'legal')
    expect(placed.code).toBe(0)
    expect(placed.out).toMatch(/legal hold CASE-7 since 20.*, by legal: court order 12/)

    const held = await postern('audit', 'prune', 'tickets')
    expect(held.code).toBe(1)
    expect(held.out).toContain('nothing was pruned: legal hold CASE-7')
    expect((await postern('audit', 'verify', 'tickets')).out).toContain('Legal hold CASE-7')

    expect((await hold('release', 'CASE-7', '--by', 'legal')).out).toContain('No legal hold stands')
    const pruned = await postern('audit', 'prune', 'tickets')
    expect(pruned.code).toBe(0)
    expect(pruned.out).toContain('nothing that could be removed is older than 400d')
  })

  it.each([
    [['verify'], 'Name a server'],
    [['verify', 'tikets'], 'Did you mean "tickets"?'],
    [['verfy', 'tickets'], 'Did you mean "verify"?'],
    [['tickets', 'verfy'], 'Did you mean "verify"?'],
    [['query', 'tickets', '--princpal', 'x'], 'Did you mean --principal?'],
    [['query', 'tickets', '--columns', 'time,who'], 'There is no column "who"'],
    [['query', 'tickets', '--columns', 'time', '--columns', 'tool'], '--columns is given more than once'],
    [['query', 'tickets', '--format', 'xml'], 'There are: table, json, csv'],
    [['verify', 'tickets', '--format', 'csv'], 'belong to query'],
    [['verify', 'tickets', '--checkpoints', '/none'], '--checkpoints /none is no directory on this machine'],
    [['verify', '--export', '/none'], '/none does not exist'],
    [['query', 'tickets', '--directory', '/none'], 'nothing is recorded in /none'],
  ])('answers %j with exit 2, which never means tampering, and says what to do', async (args, hint) => {
    const answered = await postern('audit', ...args)
    expect(answered.err).toContain(hint)
    expect(answered.code).toBe(2)
  })
})
