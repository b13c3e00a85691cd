import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ToolError } from '@postern/errors'
import { seeded, type TemporaryDirectory, temporaryDirectory, within } from '@postern/testing'
import { canonical, type Handler } from '@postern/tool'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DiskFault, FaultyDisk } from '../test/faulty-disk.ts'
import {
  ada,
  allErrors,
  audited,
  callOf,
  createTicket,
  failing,
  getTicket,
  key,
  noTool,
  ok,
  writing,
} from '../test/pipeline.ts'
import { directoryIn, environment, logIn, server } from '../test/recorded-trail.ts'
import type { AuditLog } from './audit-log.ts'
import { fileTrail } from './file-trail.ts'
import { parseLine } from './read-line.ts'
import type { AuditRecord } from './record.ts'
import { verify } from './verify.ts'

let home: TemporaryDirectory
let disk: FaultyDisk
let log: AuditLog
beforeEach(async () => {
  home = temporaryDirectory()
  disk = new FaultyDisk()
  log = await logIn(home.path, { file: { disk, deadlineMs: 500, repairMs: 10 } })
})
afterEach(async () => {
  disk.fault = 'none'
  await log.close()
  home.remove()
})

const files = (directory: string): string[] =>
  readdirSync(directory, { recursive: true })
    .map((name) => join(directory, String(name)))
    .filter((file) => statSync(file).isFile())
/** What is on disk now; only records of calls. */
function recorded(): AuditRecord[] {
  return files(join(directoryIn(home.path), 'tickets-0'))
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .flatMap((line) => parseLine(line) ?? [])
    .filter(({ request }) => request !== undefined)
}
const phases = () => recorded().map(({ phase }) => phase)
function hmacOf(text: string): string {
  const secret = readFileSync(join(directoryIn(home.path), 'keys', 'hmac-000001.key'))
  return createHmac('sha256', secret).update(text).digest('base64url')
}

describe('a read', () => {
  it('makes one record, there before the answer, with everything but the texts', async () => {
    const call = callOf(getTicket, { id: 'OPS-1' })
    const reply = await audited(log, async (call) => {
      Object.assign(call.notes, {
        decision: { allowed: true, rule: 'role support-agent' },
        targets: ['OPS-1'],
        rows: 1,
        masked: ['reporter_email'],
        suspicious: ['title'],
        upstreamRequestId: 'up-1',
      })
      return ok({ status: 'ok', ticket: { id: 'OPS-1', title: 'Zoë’s printer' } })
    })(call)

    const [record, ...others] = recorded()
    expect(others).toEqual([])
    expect(record).toEqual({
      v: 1,
      chain: 'tickets-0',
      seq: 2,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      mono: expect.any(Number),
      prev: expect.stringMatching(/^[0-9a-f]{64}$/),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      phase: 'read',
      request: call.requestId,
      traceparent: call.client.traceparent,
      environment: 'development',
      server: 'tickets',
      policy: 'policy-1',
      tenant: 'acme',
      client: { era: 'modern', transport: 'http' },
      target: { kind: 'tool', name: 'get_ticket', version: '1.2.0' },
      effect: 'read',
      principal: { client_id: 'desktop', issuer: 'https://id.example.com/', kind: 'user', subject: 'ada' },
      purposes: ['support', 'incident'],
      credential: 'tok-1',
      scopes: { held: ['tickets:read', 'tickets:write'], needed: 'tickets:read' },
      decision: { allowed: true, rule: 'role support-agent' },
      targets: ['OPS-1'],
      rows: 1,
      masked: ['reporter_email'],
      suspicious: ['title'],
      upstream_request: 'up-1',
      input: { bytes: 14, hmac: hmacOf(canonical({ id: 'OPS-1' })) },
      output: { bytes: Buffer.byteLength(reply.text), hmac: hmacOf(reply.text) },
      key_id: log.keyId,
      duration_ms: expect.any(Number),
    })
  })

  it.each([
    ['incident', ['incident']],
    ['made-up', ['support', 'incident']],
  ])('under the purpose %j is recorded for %j', async (purpose, expected) => {
    await audited(log, async () => ok())(
      callOf(getTicket, {}, { client: { transport: 'stdio', era: 'legacy', purpose } }),
    )
    expect(recorded()[0]?.purposes).toEqual(expected)
  })

  it('gets no intent', async () => {
    await audited(log, async (call) => {
      expect(call.intent).toBeUndefined()
      return ok()
    })(callOf(getTicket))
  })
})

describe('a write', () => {
  it('has its intent on disk before the effect and its outcome before the answer', async () => {
    const syncs = disk.syncs
    await audited(
      log,
      writing((call) => {
        expect(phases()).toEqual(['intent'])
        expect(disk.syncs).toBe(syncs + 1)
        call.notes.write = 'executed'
        return ok()
      }),
    )(callOf(createTicket, { title: 'x', idempotency_key: key }))
    expect(disk.syncs).toBe(syncs + 2)
    const [intent, outcome] = recorded()
    expect(intent).toMatchObject({ phase: 'intent', write: { key_hmac: hmacOf(key) }, effect: 'write' })
    expect(intent).not.toHaveProperty('output')
    expect(outcome).toMatchObject({ phase: 'outcome', write: { key_hmac: hmacOf(key), state: 'executed' } })
  })

  it('has one intent however often it is asked for', async () => {
    await audited(log, async (call) => {
      await Promise.all([call.intent?.(), call.intent?.()])
      await (await call.intent?.())?.durable
      return ok()
    })(callOf(createTicket))
    expect(phases()).toEqual(['intent', 'outcome'])
  })
})

describe('every other end of a call', () => {
  const nothing = () => Promise.reject(new Error('unforeseen'))
  it.each<[string, string, Handler, ReturnType<typeof callOf>]>([
    ['refused by the policy', 'denied', failing('PERMISSION_DENIED', 'not_granted', 'x'), callOf(createTicket)],
    ['refused input', 'refused_input', failing('VALIDATION_ERROR', 'schema', 'x'), callOf(createTicket)],
    ['over a limit', 'refused', failing('RATE_LIMITED', 'principal_rate', 'x'), callOf(getTicket)],
    ['a key in use', 'refused', failing('CONFLICT', 'in_progress', 'x'), callOf(createTicket)],
    ['an approval to come', 'refused', failing('APPROVAL_REQUIRED', 'pending', 'x'), callOf(createTicket)],
    [
      'the store down before the claim',
      'refused',
      failing('UPSTREAM_UNAVAILABLE', 'store_down', 'x'),
      callOf(createTicket),
    ],
    ['a hidden record', 'read', failing('NOT_FOUND', 'absent', 'x'), callOf(getTicket)],
    ['an unknown tool', 'unknown_target', failing('NOT_FOUND', 'unknown_tool', 'x'), callOf(noTool('drop_tables'))],
    ['no valid token', 'auth_failure', failing('PERMISSION_DENIED', 'token_invalid', 'x'), callOf(getTicket)],
    ['a bug in a read', 'read', nothing, callOf(getTicket)],
    ['a bug in a write', 'outcome', writing(nothing), callOf(createTicket)],
    [
      'refused after the intent',
      'outcome',
      writing(() => Promise.reject(new ToolError('PERMISSION_DENIED', 'approval_denied', 'x'))),
      callOf(createTicket),
    ],
    [
      'a replay',
      'replayed',
      async ({ notes }) => {
        notes.write = 'replayed'
        return ok()
      },
      callOf(createTicket),
    ],
  ])('%s is recorded as %s', async (_what, phase, inner, call) => {
    const reply = await audited(log, inner)(call)
    const last = recorded().at(-1)
    expect(last).toMatchObject({ phase, request: call.requestId, output: { hmac: hmacOf(reply.text) } })
    if (reply.error) expect(last?.error).toEqual({ code: reply.error.code, reason: reply.error.details.reason })
  })

  it('is recorded for every error there is', async () => {
    for (const { code, reason } of allErrors)
      await audited(log, failing(code, reason as never, 'x'))(callOf(createTicket))
    expect(recorded().map(({ error }) => error)).toEqual(allErrors)
  })
})

describe('when records cannot be written', () => {
  const faults: DiskFault[] = ['full', 'half', 'read-only', 'hung', 'hung-then-written', 'sync-fails', 'sync-hangs']
  const down = {
    isError: true,
    error: { code: 'UPSTREAM_UNAVAILABLE', details: { reason: 'audit_down' }, retryable: true },
  }
  const unknown = {
    isError: true,
    error: { code: 'UPSTREAM_UNAVAILABLE', details: { reason: 'outcome_unknown' }, retryable: false },
  }
  async function up(): Promise<void> {
    disk.fault = 'none'
    await within(
      5_000,
      'the repair',
      (async () => {
        while (log.problem() !== undefined) await new Promise((resolve) => setTimeout(resolve, 5))
      })(),
    )
  }

  it.each(faults.filter((fault) => !fault.startsWith('sync')))('(%s) no result of a read leaves', async (fault) => {
    disk.fault = fault
    let ran = 0
    const read = audited(log, async () => {
      ran += 1
      return ok({ status: 'ok', secret: 'x' })
    })
    expect(await read(callOf(getTicket))).toMatchObject(down)
    expect(await read(callOf(getTicket))).toMatchObject(down)
    // Once it is known, nothing is even begun.
    expect(ran).toBe(1)
    await up()
    expect(await read(callOf(getTicket))).toMatchObject({ isError: false })
  })

  it.each(faults)('(%s) a write has no effect', async (fault) => {
    disk.fault = fault
    let effects = 0
    const write = audited(
      log,
      writing(() => {
        effects += 1
        return ok()
      }),
    )
    expect(await write(callOf(createTicket))).toMatchObject(down)
    expect(await write(callOf(createTicket))).toMatchObject(down)
    expect(effects).toBe(0)
    await up()
    expect(await write(callOf(createTicket))).toMatchObject({ isError: false })
    expect(effects).toBe(1)
  })

  it.each(faults)(
    '(%s) after the effect the caller is told that nobody knows, and the record follows',
    async (fault) => {
      const call = callOf(createTicket)
      const write = audited(
        log,
        writing(() => {
          disk.fault = fault
          return ok()
        }),
      )
      expect(await write(call)).toMatchObject(unknown)
      await up()
      await log.close()
      const result = await verify({ trail: fileTrail({ directory: directoryIn(home.path), server, environment }) })
      expect(result).toMatchObject({ exitCode: 0, open: [] })
      expect(
        recorded().filter(({ request, phase }) => request === call.requestId && phase === 'outcome').length,
      ).toBeGreaterThan(0)
    },
  )

  it('a write that says that it changed nothing may be tried again', async () => {
    const write = audited(
      log,
      writing(() => {
        disk.fault = 'full'
        throw new ToolError('RATE_LIMITED', 'upstream_rate', 'x')
      }),
    )
    expect(await write(callOf(createTicket))).toMatchObject(down)
    await up()
  })
})

describe('nothing that was planted', () => {
  it('is found in any file of the trail', async () => {
    const random = seeded(7)
    const planted: string[] = []
    const canary = (kind: string) => {
      const text = `${kind}-${Math.trunc(random() * 1e15).toString(36)}`
      planted.push(text)
      return text
    }
    const secret = () => [
      canary('password'),
      canary('mail@example.com'),
      canary('DE89 3704'),
      canary('sk_live'),
      canary('\u202eevil'),
    ]
    for (let i = 0; i < 5; i++) {
      const input = { id: canary('id'), nested: { list: secret() }, [canary('field')]: 1 }
      await audited(log, async () => ok({ status: 'ok', ticket: secret() }))(callOf(getTicket, input))
      await audited(
        log,
        writing(() => ok({ ticket: secret() })),
      )(callOf(createTicket, { title: secret(), idempotency_key: canary('key') }, { idempotencyKey: canary('key') }))
      const cause = new Error(canary('upstream'), { cause: secret() })
      const issues = [{ path: canary('path'), rule: 'x', expected: canary('expected') }]
      await audited(
        log,
        failing('UPSTREAM_UNAVAILABLE', 'refused', canary('message'), { cause }),
      )(callOf(getTicket, secret()))
      await audited(
        log,
        failing('VALIDATION_ERROR', 'schema', canary('message'), { issues, details: { sql: canary('select') } }),
      )(callOf(getTicket, secret()))
      await audited(log, () => Promise.reject(new Error(canary('stack'))))(callOf(getTicket, canary('text')))
      await audited(
        log,
        failing('NOT_FOUND', 'unknown_tool', canary('x')),
      )(callOf(noTool(canary('Bearer')), { token: canary('eyJ') }))
      const client = {
        transport: 'http' as const,
        era: 'modern' as const,
        name: canary('client'),
        version: canary('v'),
        purpose: canary('purpose'),
      }
      await audited(log, async () => ok())(callOf(getTicket, {}, { client }))
      await audited(log, async ({ notes }) => {
        notes.targets = [`${canary('x')}${'y'.repeat(200)}`]
        notes.upstreamRequestId = `${canary('z')}${'y'.repeat(200)}`
        return ok()
      })(callOf(getTicket))
    }
    await log.close()
    expect(planted.length).toBeGreaterThanOrEqual(200)
    const all = files(home.path)
      .map((file) => readFileSync(file, 'latin1'))
      .join('\n')
    expect(all).toContain(ada.subject)
    expect(planted.filter((text) => all.includes(text) || all.includes(Buffer.from(text).toString('latin1')))).toEqual(
      [],
    )
  })
})

it.each([
  ['nothing', undefined],
  ['a lone surrogate', { id: '\ud800' }],
  ['brackets without end', JSON.parse(`${'['.repeat(4_000)}${']'.repeat(4_000)}`)],
  ['a value JSON has not', { id: Number.NaN }],
])('records a call with %s as input', async (_what, input) => {
  const deep = audited(log, failing('VALIDATION_ERROR', 'schema', 'x'))
  expect(await deep(callOf(getTicket, input))).toMatchObject({ error: { code: 'VALIDATION_ERROR' } })
  expect(phases()).toEqual(['refused_input'])
})
