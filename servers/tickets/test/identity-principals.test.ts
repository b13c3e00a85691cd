import { join } from 'node:path'
import { auditRecords, connect, environmentWith, type Guarded, startGuarded, startStdio } from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, ask, call, describeTicket, eras, outcomeOf, resultOf, toolsListed } from './identity.ts'

const writes = ['draft_ticket', 'create_ticket']
const supportRole = {
  purposes: ['support'],
  tools: ['whoami', 'search_tickets', ...writes],
  rows: { project: { in: '$projects' } },
}
const create = (key: string) => ({ ...describeTicket('Badge reader at gate 4 is dead'), idempotency_key: key })

describe('what a token says about its bearer', () => {
  let place: Guarded
  beforeAll(async () => {
    place = await startGuarded({
      server: 'tickets',
      scopes: 'tickets:read tickets:write',
      users: {
        ada: { ...ada, act: { sub: 'robot', act: { sub: 'an-older-actor' } } },
        both: { ...ada, groups: ['support-agent', 'incident-reader'], purpose: ['support', 'incident'] },
        // A role for a purpose that nobody gave this person.
        narrow: { ...ada, groups: ['support-agent', 'incident-reader'] },
        frozen: { ...ada, groups: ['frozen'] },
        reader: { ...ada, may_only_read: true },
        purposeless: { ...ada, purpose: undefined },
      },
      services: { robot: { ...ada, kind: 'service' } },
      changes: {
        'identity.claims.read_only': 'may_only_read',
        'roles.frozen': { ...supportRole, read_only: true },
      },
    })
  })
  afterAll(() => place?.stop())

  const identity = async (token: string, meta?: Record<string, string>) => {
    const answer = await call(place.http, 'whoami', {}, { token, ...(meta && { meta }) })
    return resultOf(answer).structuredContent?.['identity']
  }
  const lastRecord = (name: string) =>
    auditRecords(place.http.data)
      .filter((record) => (record['target'] as { name?: string } | undefined)?.name === name)
      .at(-1)

  it('tells a person, a program, and a program that acts for a person apart', async () => {
    const service = await place.authorization.token('robot')
    expect(await identity(service)).toMatchObject({ subject: 'robot', kind: 'service' })
    expect(lastRecord('whoami')).toMatchObject({ principal: { subject: 'robot', kind: 'service', client_id: 'robot' } })
    expect(lastRecord('whoami')?.['principal']).not.toHaveProperty('actor')

    const delegated = await place.authorization.token('ada')
    expect(await identity(delegated)).toMatchObject({ subject: 'ada', kind: 'user', on_behalf_of_by: 'robot' })
    expect(lastRecord('whoami')).toMatchObject({ principal: { subject: 'ada', kind: 'user', actor: 'robot' } })
  })

  describe.each(eras)('purposes, %s', (era) => {
    const purpose = (name: string) => ({ 'dev.postern/purpose': name })

    it('are narrowed by the client for one request', async () => {
      const token = await place.authorization.token('both')
      expect(await toolsListed(place.http, { token, era })).toEqual(expect.arrayContaining(writes))
      const meta = purpose('incident')
      const listed = await toolsListed(place.http, { token, era, meta })
      expect(listed).toContain('search_tickets')
      for (const name of writes) expect(listed).not.toContain(name)
      const refused = await call(place.http, 'create_ticket', create(`narrow-${era}-0123456789`), { token, era, meta })
      // The other role grants it to nobody, so that the purpose is what stands in the way.
      expect(outcomeOf(refused)).toMatch(/^PERMISSION_DENIED\/(purpose|read_only)$/)
      expect(lastRecord('create_ticket')).toMatchObject({ phase: 'denied', purposes: ['incident'] })
      expect(await identity(token, meta)).toMatchObject({ purposes: ['incident'] })
      expect(await identity(token)).toMatchObject({ purposes: ['support', 'incident'] })
    })

    it('are never widened', async () => {
      const token = await place.authorization.token('narrow')
      for (const name of ['incident', 'all', '', '__proto__']) {
        const meta = purpose(name)
        expect(outcomeOf(await call(place.http, 'whoami', {}, { token, era, meta }))).toBe('PERMISSION_DENIED/purpose')
        const listed = await ask(place.http, 'tools/list', {}, { token, era, meta })
        expect(listed.text).not.toContain('create_ticket')
      }
    })

    it('are needed where a role names one', async () => {
      const token = await place.authorization.token('purposeless')
      expect(await toolsListed(place.http, { token, era })).toEqual([])
      expect(outcomeOf(await call(place.http, 'whoami', {}, { token, era }))).toBe('PERMISSION_DENIED/purpose')
    })
  })

  it.each([
    ['its role', 'frozen', 'roles.frozen.read_only'],
    ['its token', 'reader', 'principal.read_only'],
  ])('may not write when %s says read-only', async (_what, user, rule) => {
    const token = await place.authorization.token(user)
    const listed = await toolsListed(place.http, { token })
    expect(listed).toContain('search_tickets')
    for (const name of writes) expect(listed).not.toContain(name)
    const refused = await call(place.http, 'create_ticket', create(`read-only-${user}-0123456`), { token })
    expect(outcomeOf(refused)).toBe('PERMISSION_DENIED/read_only')
    expect(lastRecord('create_ticket')).toMatchObject({ phase: 'denied', decision: { allowed: false, rule } })
    expect(outcomeOf(await call(place.http, 'search_tickets', { project_key: 'OPS' }, { token }))).toBe('ok')
  })

  it('does not help against a file that says read-only', async () => {
    const file = environmentWith(place.file, { read_only: true }, join(place.place, 'read-only.yaml'))
    const token = await place.authorization.token('ada')
    const data = join(place.place, 'read-only')
    const server = startStdio({ server: 'tickets', data, env: { POSTERN_ENVIRONMENT: file, POSTERN_TOKEN: token } })
    const client = await connect(server)
    const listed = (await client.listTools()).map(({ name }) => name)
    expect(listed).toContain('search_tickets')
    for (const name of writes) expect(listed).not.toContain(name)
    const { error } = await client.callTool('create_ticket', create('read-only-file-0123456'))
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', details: { reason: 'read_only' } })
    await server.stop()
  })
})
