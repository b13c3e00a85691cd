import { randomBytes } from 'node:crypto'
import { bind, type Grant, handles } from '@postern/policy'
import { type Principal, principalId } from '@postern/tool'
import { describe, expect, it } from 'vitest'
import type { Draft } from './draft.ts'
import type { Ticket } from './ticket.ts'
import { type TicketPorts, ticketPorts } from './ticket-ports.ts'

const kim: Principal = {
  issuer: 'urn:test',
  subject: 'kim',
  tenant: 'acme',
  kind: 'user',
  credentialId: 'test',
  scopes: [],
  roles: ['agent'],
  attributes: {},
  purposes: [],
  readOnly: false,
}
const grant: Grant = { role: 'agent', mask: ['reporter_email'], rows: { project: { in: ['OPS'] } }, rate: undefined }
const draft = (owner: Pick<Principal, 'issuer' | 'subject'>, change: Partial<Draft> = {}): Draft => ({
  tenant: 'acme',
  owner: principalId(owner),
  draft_id: 'd',
  expires_at: '2026-01-01T00:00:00.000Z',
  project_key: 'OPS',
  title: '',
  description: '',
  labels: [],
  acceptance_criteria: [],
  ...change,
})
const ticket = (project_key: string, tenant = 'acme') =>
  ({ tenant, project_key, ticket_id: `${project_key}-1`, reporter_email: 'a@b.example' }) as Ticket

/** A backend that knows nothing of rows and owners: it gives whatever it is told to give. */
const careless = (found: { draft?: Draft; tickets?: readonly Ticket[] }): TicketPorts => {
  const none = async () => ({ items: [], scoped: false })
  const never = () => Promise.reject(new Error('must not be reached'))
  return {
    tickets: {
      get: async () => found.tickets?.[0],
      search: async () => ({ items: found.tickets ?? [], scoped: false, total: 99 }),
      create: never,
    },
    drafts: { get: async () => found.draft, create: never },
    templates: { get: async () => undefined, list: none },
    projects: { find: none },
  }
}
const bound = (found: Parameters<typeof careless>[0]) =>
  bind(ticketPorts, careless(found), { principal: kim, grants: [grant], handles: handles(randomBytes(32)), notes: {} })
const call = { signal: new AbortController().signal }

describe('the ports of a caller, over a careless backend', () => {
  it.each([
    ['of somebody else', draft({ issuer: 'urn:test', subject: 'lee' })],
    ['of the same name at another issuer', draft({ issuer: 'urn:other', subject: 'kim' })],
    ['of another project', draft(kim, { project_key: 'PAY' })],
    ['of another tenant', draft(kim, { tenant: 'globex' })],
  ])('show no draft %s', async (_, found) => {
    await expect(bound({ draft: found }).drafts.get('d', call)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('show the draft of the caller', async () => {
    expect((await bound({ draft: draft(kim) }).drafts.get('d', call)).item.draft_id).toBe('d')
  })

  it('show tickets of the caller’s rows only, without masked fields, and no count that includes others', async () => {
    const tickets = [ticket('OPS'), ticket('PAY'), ticket('OPS', 'globex')]
    const page = await bound({ tickets }).tickets.search({ project_key: 'OPS' }, { limit: 10 }, call)
    expect(page.items).toEqual([{ tenant: 'acme', project_key: 'OPS', ticket_id: 'OPS-1' }])
    expect(page.masked).toEqual(['reporter_email'])
    expect(page.count).toBeNull()
  })

  it('open no ticket outside the caller’s rows', async () => {
    const effect = { key: 'k' } as never
    const input = { ...draft(kim), project_key: 'PAY', priority: 'P2' as const }
    await expect(bound({}).tickets.create(input, { ...call, effect })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'rows',
    })
    await expect(bound({}).drafts.create(input, { ...call, effect })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
  })
})
