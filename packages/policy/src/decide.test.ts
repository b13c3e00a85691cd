import type { Principal, Target } from '@postern/tool'
import { describe, expect, it } from 'vitest'
import { activeRoles, decide, type Policy } from './decide.ts'
import type { Role } from './roles-section.ts'

const role = (changes: Partial<Role>): Role => ({
  purposes: 'all',
  tools: [],
  resources: [],
  rows: 'all',
  mask: [],
  read_only: false,
  limits: {},
  ...changes,
})
const policy = (roles: Record<string, Role>, readOnly = false): Policy => ({ roles, readOnly, version: 'v' })
const principal = (changes: Partial<Principal>): Principal => ({
  issuer: 'i',
  subject: 's',
  tenant: 'acme',
  kind: 'user',
  credentialId: 'c',
  scopes: ['tickets:write'],
  roles: ['agent'],
  attributes: {},
  purposes: ['support'],
  readOnly: false,
  ...changes,
})
const target = (changes: Partial<Target> = {}) =>
  ({ kind: 'tool', known: true, name: 'get_ticket', effect: 'read', scope: 'tickets:read', ...changes }) as Target
const write = target({ name: 'create_ticket', effect: 'write', scope: 'tickets:write' })

describe('a decision', () => {
  it.each<[string, Record<string, Role>, Partial<Principal>, Target, string]>([
    ['a tool by name', { agent: role({ tools: ['get_ticket'] }) }, {}, target(), 'roles.agent'],
    ['all tools', { agent: role({ tools: 'all' }) }, {}, target(), 'roles.agent'],
    [
      'for one of the purposes',
      { agent: role({ tools: 'all', purposes: ['sales', 'support'] }) },
      {},
      target(),
      'roles.agent',
    ],
    [
      'by one role although another refuses',
      { a: role({ tools: 'all', read_only: true }), b: role({ tools: 'all' }) },
      { roles: ['a', 'b'] },
      write,
      'roles.b',
    ],
    [
      'a read through a write scope',
      { agent: role({ tools: 'all' }) },
      { scopes: ['tickets:write'] },
      target(),
      'roles.agent',
    ],
    [
      'by two roles at once',
      { a: role({ tools: 'all' }), b: role({ tools: 'all' }) },
      { roles: ['a', 'b'] },
      target(),
      'roles.a+b',
    ],
    [
      'a resource',
      { agent: role({ resources: ['template'] }) },
      {},
      target({ kind: 'resource', name: 'template' }),
      'roles.agent',
    ],
    [
      'with the client certificate a role requires',
      { agent: role({ tools: 'all', client_certificate: { subject: 'CN=a' } }) },
      { certificateSubject: 'CN=a' },
      target(),
      'roles.agent',
    ],
  ])('grants %s', (_case, roles, who, what, rule) => {
    expect(decide(policy(roles), principal(who), what)).toMatchObject({ allowed: true, listed: true, rule })
  })

  it.each<[string, Record<string, Role>, Partial<Principal>, Target, string, boolean]>([
    ['without any role', {}, { roles: [] }, target(), 'not_granted', false],
    [
      'with a role this file does not have',
      { agent: role({ tools: 'all' }) },
      { roles: ['ghost'] },
      target(),
      'not_granted',
      false,
    ],
    [
      'with a role named like an inherited member',
      {},
      { roles: ['constructor', '__proto__'] },
      target(),
      'not_granted',
      false,
    ],
    [
      'a tool the role does not name',
      { agent: role({ tools: ['search_tickets'] }) },
      {},
      target(),
      'not_granted',
      false,
    ],
    [
      'a resource that only a tool of that name is granted for',
      { agent: role({ tools: ['get_ticket'] }) },
      {},
      target({ kind: 'resource' }),
      'not_granted',
      false,
    ],
    ['for another purpose', { agent: role({ tools: 'all', purposes: ['incident'] }) }, {}, target(), 'purpose', false],
    [
      'without a purpose',
      { agent: role({ tools: 'all', purposes: ['support'] }) },
      { purposes: [] },
      target(),
      'purpose',
      false,
    ],
    ['a write to a read-only role', { agent: role({ tools: 'all', read_only: true }) }, {}, write, 'read_only', false],
    [
      'a write to a read-only principal',
      { agent: role({ tools: 'all' }) },
      { readOnly: true },
      write,
      'read_only',
      false,
    ],
    ['a token without the scope', { agent: role({ tools: 'all' }) }, { scopes: [] }, target(), 'scope_missing', true],
    [
      'a scope that merely starts alike',
      { agent: role({ tools: 'all' }) },
      { scopes: ['tickets:writeonly', 'tickets:read2', 'tickets'] },
      target(),
      'scope_missing',
      true,
    ],
    [
      'a write through a read scope',
      { agent: role({ tools: 'all' }) },
      { scopes: ['tickets:read'] },
      write,
      'scope_missing',
      true,
    ],
    [
      'another client certificate',
      { agent: role({ tools: 'all', client_certificate: { subject: 'CN=a' } }) },
      { certificateSubject: 'CN=b' },
      target(),
      'client_certificate',
      false,
    ],
  ])('refuses %s', (_case, roles, who, what, reason, listed) => {
    expect(decide(policy(roles), principal(who), what)).toMatchObject({ allowed: false, reason, listed })
  })

  it('drops every write when the file is read-only, and no read', () => {
    const roles = { agent: role({ tools: 'all' }) }
    expect(decide(policy(roles, true), principal({}), write)).toMatchObject({ allowed: false, reason: 'read_only' })
    expect(decide(policy(roles, true), principal({}), target()).allowed).toBe(true)
  })
})

describe('the active roles of a caller', () => {
  const roles = {
    any: role({}),
    support: role({ purposes: ['support', 'sales'] }),
    incident: role({ purposes: ['incident'] }),
    nobody: role({ purposes: [] }),
    certified: role({ client_certificate: { subject: 'CN=a' } }),
    frozen: role({ read_only: true }),
  }
  const active = (who: Partial<Principal>) => activeRoles({ roles }, principal(who)).map(({ name }) => name)

  it.each<[string, Partial<Principal>, string[]]>([
    [
      'are those of the file, each once',
      { roles: ['any', 'any', 'ghost', 'constructor', 'frozen'] },
      ['any', 'frozen'],
    ],
    ['are those for one of the purposes', { roles: Object.keys(roles) }, ['any', 'support', 'frozen']],
    ['are those for all purposes where there is none', { roles: Object.keys(roles), purposes: [] }, ['any', 'frozen']],
    ['need their certificate', { roles: ['certified'], certificateSubject: 'CN=b' }, []],
    ['have their certificate', { roles: ['certified'], certificateSubject: 'CN=a' }, ['certified']],
    ['are none that the caller has not', { roles: [] }, []],
  ])('%s', (_, who, names) => {
    expect(active(who)).toEqual(names)
  })
})
