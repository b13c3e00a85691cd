import type { Target } from '@postern/tool'
import { describe, expect, it } from 'vitest'
import { excess, matrix, purposesOf } from './matrix.ts'
import type { Role, Roles } from './roles-section.ts'

const role = (changes: Partial<Role>): Role => ({
  purposes: 'all',
  tools: 'all',
  resources: [],
  rows: 'all',
  mask: [],
  read_only: false,
  limits: {},
  ...changes,
})
const targets = [
  { kind: 'tool', known: true, name: 'get_ticket', effect: 'read', scope: 'tickets:read' },
  { kind: 'tool', known: true, name: 'create_ticket', effect: 'write', scope: 'tickets:write' },
  { kind: 'resource', known: true, name: 'template', effect: 'read', scope: 'tickets:read' },
] as unknown as Target[]
const cells = (roles: Roles) => matrix({ roles, readOnly: false, version: 'v' }, targets)
const allowed = (roles: Roles) =>
  cells(roles)
    .filter((cell) => cell.allowed)
    .map((cell) => `${cell.role} ${cell.purpose} ${cell.target}`)

describe('the matrix of a policy', () => {
  it('has a cell for every role, purpose and target', () => {
    const roles = { a: role({ purposes: ['x', 'y'] }), b: role({ purposes: ['y'] }) }
    expect(purposesOf(roles)).toEqual(['x', 'y', 'none'])
    expect(cells(roles)).toHaveLength(2 * 3 * 3)
  })

  it('is decided by the function that decides calls', () => {
    const roles = {
      reader: role({ purposes: ['support'], read_only: true }),
      agent: role({ tools: ['create_ticket'], resources: 'all' }),
    }
    expect(allowed(roles)).toEqual([
      'reader support get_ticket',
      'agent support create_ticket',
      'agent support template',
      'agent none create_ticket',
      'agent none template',
    ])
  })

  it.each<[string, Partial<Role>, Partial<Role>, RegExp]>([
    ['a tool', { tools: ['get_ticket'] }, { tools: 'all' }, /create_ticket is granted/],
    ['a purpose', { purposes: ['a'] }, { purposes: 'all' }, /none \/ get_ticket is granted/],
    ['rows', { rows: { project: { eq: 'OPS' } } }, { rows: 'all' }, /all rows of your tenant, instead of/],
    ['a field', { mask: ['reporter_email'] }, { mask: [] }, /shows reporter_email/],
    ['a write', { read_only: true }, { read_only: false }, /create_ticket is granted/],
  ])('tells when one policy grants %s that another does not', (_case, narrow, wide, expected) => {
    const narrower = cells({ a: role(narrow), z: role({ tools: [], purposes: ['a'] }) })
    const wider = cells({ a: role(wide), z: role({ tools: [], purposes: ['a'] }) })
    expect(excess(wider, narrower).join('\n')).toMatch(expected)
    expect(excess(narrower, wider).filter((line) => !line.includes('instead of'))).toEqual([])
  })
})
