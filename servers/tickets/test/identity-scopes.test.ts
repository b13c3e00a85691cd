import { auditRecords, connect, type Guarded, startGuarded, startStdio } from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, ask, call, describeTicket, eras, outcomeOf, resultOf, toolsListed } from './identity.ts'

const create = (key: string) => ({ ...describeTicket('Badge reader at gate 4 is dead'), idempotency_key: key })

describe('roles and scopes', () => {
  let place: Guarded
  beforeAll(async () => {
    place = await startGuarded({
      server: 'tickets',
      scopes: 'tickets:read tickets:write tickets:readonly',
      users: {
        ada,
        dana: { ...ada, groups: ['developer'], purpose: ['engineering'] },
        otto: { ...ada, purpose: ['marketing'] },
        nobody: { org: 'acme' },
      },
    })
  })
  afterAll(() => place?.stop())

  const records = (phase: string) => auditRecords(place.http.data).filter((record) => record.phase === phase)
  const stdio = (token: string) =>
    startStdio({
      server: 'tickets',
      data: place.http.data,
      env: { POSTERN_ENVIRONMENT: place.file, POSTERN_TOKEN: token },
    })

  describe.each(eras)('over HTTP, %s', (era) => {
    it.each([
      ['dana', 'not_granted', 'default-deny'],
      ['otto', 'purpose', 'roles.support-agent.purposes'],
      ['nobody', 'not_granted', 'default-deny'],
    ])('do not list what they do not grant, and refuse it: %s', async (user, reason, rule) => {
      const token = await place.authorization.token(user)
      expect(await toolsListed(place.http, { token, era })).not.toContain('create_ticket')
      const answer = await call(place.http, 'create_ticket', create(`not-granted-${user}-${era}`), { token, era })
      expect(outcomeOf(answer)).toBe(`PERMISSION_DENIED/${reason}`)
      expect(records('denied').at(-1)).toMatchObject({
        target: { name: 'create_ticket' },
        principal: { subject: user, issuer: place.authorization.issuer },
        client: { era, transport: 'http' },
        decision: { allowed: false, rule },
        error: { code: 'PERMISSION_DENIED', reason },
      })
    })

    it('list what only the token is too weak for, and answer with one challenge that names everything', async () => {
      const token = await place.authorization.token('ada', { scope: 'tickets:read' })
      expect(await toolsListed(place.http, { token, era })).toContain('create_ticket')
      const answer = await call(place.http, 'create_ticket', create(`too-weak-${era}-0123456`), { token, era })
      expect(answer.status).toBe(403)
      const challenge = parameters(answer.headers['www-authenticate'] ?? '')
      expect(challenge).toMatchObject({ error: 'insufficient_scope', scope: 'tickets:read tickets:write' })
      const metadata = await fetch(challenge['resource_metadata'] ?? '')
      expect(await metadata.json()).toEqual({
        resource: place.http.url.href,
        authorization_servers: [place.authorization.issuer],
        scopes_supported: ['tickets:read', 'tickets:write', 'approvals:decide'],
        bearer_methods_supported: ['header'],
      })
      expect(records('denied').at(-1)).toMatchObject({
        target: { name: 'create_ticket' },
        client: { era, transport: 'http' },
        decision: { allowed: false, rule: 'scope.tickets:write' },
        error: { code: 'PERMISSION_DENIED', reason: 'scope_missing' },
        scopes: { held: ['tickets:read'], needed: 'tickets:write' },
      })
    })

    it('take a longer name for another scope, for tools and for resources', async () => {
      const token = await place.authorization.token('ada', { scope: 'tickets:readonly' })
      const search = await call(place.http, 'search_tickets', { project_key: 'OPS' }, { token, era })
      const read = await ask(place.http, 'resources/read', { uri: 'template://OPS/bug' }, { token, era })
      expect([search.status, read.status]).toEqual([403, 403])
      expect(outcomeOf(await call(place.http, 'whoami', {}, { token, era }))).toBe('ok')
    })

    it('know that who may write may read', async () => {
      const token = await place.authorization.token('ada', { scope: 'tickets:write' })
      expect(outcomeOf(await call(place.http, 'search_tickets', { project_key: 'OPS' }, { token, era }))).toBe('ok')
      const read = await ask(place.http, 'resources/read', { uri: 'template://OPS/bug' }, { token, era })
      expect(read.status).toBe(200)
    })
  })

  it('answer on stdio, where nobody can step up, with a typed error', async () => {
    const server = stdio(await place.authorization.token('ada', { scope: 'tickets:read' }))
    const client = await connect(server)
    expect((await client.listTools()).map(({ name }) => name)).toContain('create_ticket')
    const { error } = await client.callTool('create_ticket', create('too-weak-stdio-0123456'))
    expect(error).toMatchObject({
      code: 'PERMISSION_DENIED',
      retryable: false,
      details: { reason: 'scope_missing', scope: 'tickets:write' },
    })
    expect(error?.message).toContain('tickets:write')
    await server.stop()
    expect(records('denied').at(-1)).toMatchObject({
      client: { transport: 'stdio' },
      error: { reason: 'scope_missing' },
      scopes: { held: ['tickets:read'], needed: 'tickets:write' },
    })
  })

  it('are explained to the caller by list_scopes', async () => {
    const token = await place.authorization.token('ada', { scope: 'tickets:read' })
    const answer = resultOf(await call(place.http, 'list_scopes', {}, { token }))
    const text = answer.content[0]?.text ?? ''
    expect(text).toContain('scope.tickets:write')
    expect(await place.metrics()).toMatch(
      /postern_calls_total\{target="create_ticket",code="PERMISSION_DENIED"\} [1-9]/,
    )
  })
})

/** The parameters of a `Bearer` challenge. */
function parameters(challenge: string): Record<string, string> {
  const [scheme, rest = ''] = challenge.split(/ (.*)/s)
  if (scheme !== 'Bearer') throw new Error(`not a Bearer challenge: ${challenge}`)
  return Object.fromEntries([...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))
}
