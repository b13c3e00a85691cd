import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { developmentIssuer } from '@postern/auth'
import { auditRecords, environmentWith, temporaryDirectory } from '@postern/testing'
import type { Principal } from '@postern/tool'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Edge, httpEdge } from './http-edge.ts'
import { httpGate } from './http-gate.ts'
import { createLogger } from './logger.ts'
import type { ServerDefinition } from './server-definition.ts'
import { type Started, start } from './start.ts'
import { notesServer } from './testing/notes-server.ts'

/** A note belongs to the project that its text begins with. */
const server = {
  ...notesServer,
  approvalFacts: async (_tool: string, { text }: { text?: unknown }) => ({
    rows: { project: String(text).split(' ')[0] },
  }),
} as unknown as ServerDefinition

/** Made anew for each role: YAML would write the same one as an alias, which environment files may not have. */
const duty = () => ({ purposes: ['duty'], tools: ['whoami'], rows: { project: { in: '$projects' } }, read_only: true })
const changes = {
  roles: {
    writer: { purposes: 'all', tools: 'all', rows: 'all' },
    manager: duty(),
    'certified-manager': { ...duty(), client_certificate: { subject: 'CN=desk' } },
    bystander: { ...duty(), rows: 'all' },
  },
  approvals: { write_note: { by: ['manager', 'certified-manager'] } },
  limits: { principal: '1000/min' },
}

describe('where approvers decide', () => {
  const place = temporaryDirectory()
  const data = join(place.path, 'data')
  const notes = join(import.meta.dirname, 'testing', 'notes-approvals.yaml')
  const logged: string[] = []
  let started: Started
  let edge: Edge
  let root: string

  beforeAll(async () => {
    const log = createLogger(
      { server: 'notes', environment: 'test', level: 'error' },
      { write: (line) => void logged.push(line) },
    )
    const environmentFile = environmentWith(notes, changes, join(place.path, 'desk.yaml'))
    started = await start({ server, environmentFile, dataDirectory: data, log })
    edge = httpEdge(started, httpGate(started, '127.0.0.1'))
    await new Promise<void>((resolve) => edge.server.listen(0, '127.0.0.1', resolve))
    root = `http://127.0.0.1:${(edge.server.address() as AddressInfo).port}/approvals`
  })
  afterAll(async () => {
    await edge.close()
    await started.runtime.close()
    place.remove()
  })

  const approver = (subject: string, more: Partial<Principal> = {}) => ({
    subject,
    tenant: 'acme',
    kind: 'user' as const,
    roles: ['manager'],
    purposes: ['duty'],
    attributes: { projects: ['OPS'] },
    scopes: ['approvals:decide'],
    readOnly: false,
    ...more,
  })
  const may = approver('may')

  async function ask(who: ReturnType<typeof approver>, path = '', init: RequestInit = {}) {
    const token = developmentIssuer(data).sign({ ...who, audience: started.audience, ttlSeconds: 60 })
    const headers = { authorization: `Bearer ${token}`, 'x-request-id': 'of-the-client' }
    const answer = await fetch(`${root}${path}`, { headers, ...init })
    const body = JSON.parse((await answer.text()) || '{}') as {
      approvals?: { approval_id: string }[]
      state?: string
      error?: { code: string; request_id: string; details: { reason: string } }
    }
    return { status: answer.status, challenge: answer.headers.get('www-authenticate'), body }
  }
  const decide = (who: ReturnType<typeof approver>, id: string, decision: unknown = { decision: 'approved' }) =>
    ask(who, `/${id}`, { method: 'POST', body: JSON.stringify(decision) })
  const listed = async (who: ReturnType<typeof approver>) =>
    (await ask(who)).body.approvals?.map((approval) => approval.approval_id)

  let keys = 0
  const writer: Principal = {
    ...approver('ana', { roles: ['writer'], scopes: ['notes:write'] }),
    issuer: 'urn:postern:local',
    credentialId: 'local:ana',
  }
  const write = (project: string, key: string) =>
    started.runtime.call({
      target: started.runtime.tool('write_note'),
      input: { text: `${project} note`, idempotency_key: key },
      principal: writer,
      client: { transport: 'internal', era: 'internal' },
      signal: AbortSignal.timeout(10_000),
    })
  async function requested(project: string) {
    const key = `endpoint-test-key-${keys++}`
    const { error } = await write(project, key)
    return { id: String(error?.details['approval_id']), again: () => write(project, key) }
  }
  const records = (tool: string) => auditRecords(data).filter((record) => nameIn(record['target'], 'name') === tool)

  it('shows and decides what the rows of an active role cover', async () => {
    const { id, again } = await requested('OPS')
    expect(await listed(may)).toContain(id)
    expect(await ask(may, `/${id}`)).toMatchObject({ status: 200, body: { approval_id: id, state: 'pending' } })
    expect(await decide(may, id)).toMatchObject({ status: 200, body: { state: 'approved' } })
    expect((await again()).isError).toBe(false)
    expect(await decide(may, id)).toMatchObject({ status: 409 })
  })

  it.each<[string, Partial<Principal>]>([
    ['acts for a purpose that the role is not for', { purposes: ['support'] }],
    ['acts for no purpose', { purposes: [] }],
    ['has a role that the file does not define', { roles: ['managers'] }],
    ['has a role that the rule does not name', { roles: ['bystander'] }],
    ['has no certificate for the role', { roles: ['certified-manager'] }],
    ['has other rows', { attributes: { projects: ['WEB'] } }],
    ['has no rows', { attributes: {} }],
    ['is of another tenant', { tenant: 'globex' }],
  ])('has nothing for one who %s', async (_, more) => {
    const { id } = await requested('OPS')
    const who = approver('other', more)
    expect(await listed(who)).toEqual([])
    for (const answer of [await ask(who, `/${id}`), await decide(who, id)])
      expect(answer).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } })
    expect((await ask(may, `/${id}`)).body.state).toBe('pending')
  })

  it('asks for the scope of approvers, in a challenge with all scopes', async () => {
    const { id } = await requested('OPS')
    const agent = approver('agent', { scopes: ['notes:write', 'notes:read'] })
    for (const answer of [await ask(agent), await ask(agent, `/${id}`), await decide(agent, id)]) {
      expect(answer).toMatchObject({ status: 403, body: { error: { details: { reason: 'scope_missing' } } } })
      expect(answer.challenge).toMatch(/error="insufficient_scope".*scope="notes:read notes:write approvals:decide"/)
    }
    expect(records('decide_approval').at(-1)).toMatchObject({
      phase: 'denied',
      principal: { subject: 'agent' },
      decision: { allowed: false, rule: 'scope.approvals:decide' },
    })
  })

  it('lets no service decide', async () => {
    const { id } = await requested('OPS')
    expect(await decide(approver('bot', { kind: 'service' }), id)).toMatchObject({ status: 403 })
  })

  it('records who looked at what and who decided, under request ids of its own', async () => {
    const { id } = await requested('OPS')
    const who = approver('recorded')
    await listed(who)
    await ask(who, `/${id}`)
    await decide(who, id, { decision: 'denied', because: 'too_risky' })
    const { body } = await ask(who, '/apr_none')
    const of = (tool: string) => records(tool).filter((record) => nameIn(record['principal'], 'subject') === 'recorded')
    expect(of('list_approvals')).toMatchObject([{ phase: 'read', targets: expect.arrayContaining([id]) }])
    expect(of('show_approval')).toMatchObject([
      { phase: 'read', approval: id },
      { error: { code: 'NOT_FOUND' }, request: body.error?.request_id },
    ])
    expect(of('show_approval')[1]).not.toHaveProperty('approval')
    expect(of('decide_approval')).toMatchObject([{ phase: 'outcome', approval: id, decision: { allowed: true } }])
    expect(body.error?.request_id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each<[string, string, RequestInit]>([
    ['a body that is not JSON', '/apr_x', { method: 'POST', body: '{' }],
    ['a body that is a list', '/apr_x', { method: 'POST', body: '[]' }],
    ['an unknown field', '/apr_x', { method: 'POST', body: '{"decision":"approved","force":true}' }],
    ['an unknown decision', '/apr_x', { method: 'POST', body: '{"decision":"yes"}' }],
    ['a decision about nothing', '', { method: 'POST', body: '{"decision":"approved"}' }],
    ['a path that is no id', '/no-id', {}],
    ['an unknown filter', '?tenant=globex', {}],
    ['a limit of nothing', '?limit=0', {}],
  ])('refuses %s, and records that', async (_, path, init) => {
    const before = auditRecords(data).length
    expect(await ask(may, path, init)).toMatchObject({ status: 400, body: { error: { code: 'VALIDATION_ERROR' } } })
    expect(auditRecords(data).slice(before)).toMatchObject([
      { phase: 'refused_input', principal: { subject: 'may' }, error: { code: 'VALIDATION_ERROR' } },
    ])
  })

  it('reads no large body', async () => {
    const token = developmentIssuer(data).sign({ ...may, audience: started.audience, ttlSeconds: 60 })
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`${root}/apr_x`, { method: 'POST', headers, body: 'x'.repeat(5000) })
    expect(answer.status).toBe(413)
  })

  it('is no tool that an agent could call', async () => {
    for (const name of ['list_approvals', 'show_approval', 'decide_approval'])
      expect(started.runtime.tool(name).known).toBe(false)
  })

  it('logs the cause of a fault and tells it to nobody', async () => {
    const { id } = await requested('OPS')
    // What only a defect or a damaged store does.
    const { store } = started.desk
    await store
      .query<{ approvals: { id: string; approvers: string } }>()
      .updateTable('approvals')
      .set({ approvers: 'no JSON' })
      .where('id', '=', id)
      .execute()
    const answer = await ask(may, `/${id}`)
    expect(answer).toMatchObject({ status: 500, body: { error: { code: 'INTERNAL' } } })
    const line = logged
      .map((text) => JSON.parse(text))
      .find(({ request_id }) => request_id === answer.body.error?.request_id)
    expect(line).toMatchObject({ tool: 'show_approval', reason: 'bug', err: { name: 'SyntaxError' } })
    await store.query<{ approvals: { id: string } }>().deleteFrom('approvals').where('id', '=', id).execute()
  })

  it('limits approvers like every caller', async () => {
    const environmentFile = environmentWith(
      notes,
      { ...changes, limits: { principal: '2/min' } },
      join(place.path, 'few.yaml'),
    )
    const log = createLogger({ server: 'notes', environment: 'test', level: 'silent' })
    const few = await start({ server, environmentFile, dataDirectory: join(place.path, 'few'), log })
    const list = () =>
      few.runtime.call({
        target: few.approvals.list,
        input: {},
        principal: { ...writer, scopes: ['approvals:decide'] },
        client: { transport: 'internal', era: 'internal' },
        signal: AbortSignal.timeout(10_000),
      })
    const codes = [await list(), await list(), await list()].map(({ error }) => error?.code)
    await few.runtime.close()
    expect(codes).toEqual([undefined, undefined, 'RATE_LIMITED'])
  })

  it('is shut where nothing needs approval', async () => {
    const environmentFile = environmentWith(notes, { ...changes, approvals: undefined }, join(place.path, 'none.yaml'))
    const log = createLogger({ server: 'notes', environment: 'test', level: 'silent' })
    const none = await start({ server, environmentFile, dataDirectory: join(place.path, 'none'), log })
    const { error } = await none.runtime.call({
      target: none.approvals.list,
      input: {},
      principal: { ...writer, scopes: ['approvals:decide'] },
      client: { transport: 'internal', era: 'internal' },
      signal: AbortSignal.timeout(10_000),
    })
    expect(none.scopes).not.toContain('approvals:decide')
    await none.runtime.close()
    expect(error?.code).toBe('NOT_FOUND')
  })

  it('is not asked for ever what a call is about', async () => {
    const aborted = Promise.withResolvers<void>()
    const slow = {
      ...notesServer,
      approvalFacts: (_tool: string, _input: unknown, _ports: unknown, signal: AbortSignal) => {
        signal.addEventListener('abort', () => aborted.resolve(), { once: true })
        return new Promise(() => {})
      },
    } as unknown as ServerDefinition
    const environmentFile = environmentWith(notes, { limits: { deadline: '100ms' } }, join(place.path, 'slow.yaml'))
    const log = createLogger({ server: 'notes', environment: 'test', level: 'silent' })
    const host = await start({ server: slow, environmentFile, dataDirectory: join(place.path, 'slow'), log })
    const { error } = await host.runtime.call({
      target: host.runtime.tool('write_note'),
      input: { text: 'x', idempotency_key: 'facts-that-never-come' },
      principal: writer,
      client: { transport: 'internal', era: 'internal' },
      signal: AbortSignal.timeout(10_000),
    })
    await aborted.promise
    await host.runtime.close()
    expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT', retryable: true, details: { reason: 'not_executed' } })
  })
})

const nameIn = (value: unknown, key: string): unknown => (value as Record<string, unknown> | undefined)?.[key]
