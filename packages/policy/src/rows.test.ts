import type { Principal } from '@postern/tool'
import { describe, expect, it } from 'vitest'
import { type Attributes, describeRows, inScope, rowsOf } from './rows.ts'

const ana: Principal = {
  issuer: 'https://id.example.com/',
  subject: 'ana',
  tenant: 'acme',
  kind: 'user',
  credentialId: 'c1',
  scopes: [],
  roles: [],
  attributes: { projects: ['OPS', 'WEB'], empty: [] },
  purposes: [],
  readOnly: false,
}
const ops: Attributes = { tenant: 'acme', project: 'OPS' }

describe('a row rule', () => {
  it.each<[string, Parameters<typeof rowsOf>[0], Attributes, boolean]>([
    ['all: own tenant', 'all', ops, true],
    ['all: other tenant', 'all', { ...ops, tenant: 'globex' }, false],
    ['all: record without a tenant', 'all', { project: 'OPS' }, false],
    ['constant that matches', { project: { eq: 'OPS' } }, ops, true],
    ['constant that does not', { project: { eq: 'PAY' } }, ops, false],
    ['constant list', { project: { in: ['PAY', 'OPS'] } }, ops, true],
    ['attribute of the principal', { project: { in: '$projects' } }, ops, true],
    ['attribute of the principal, no overlap', { project: { in: '$projects' } }, { ...ops, project: 'PAY' }, false],
    ['attribute the principal lacks', { project: { in: '$regions' } }, ops, false],
    ['attribute the principal has empty', { project: { in: '$empty' } }, ops, false],
    ['attribute named like an inherited member', { project: { in: '$constructor' } }, ops, false],
    ['attribute the record lacks', { region: { eq: 'eu' } }, ops, false],
    ['set-valued attribute that overlaps', { label: { in: ['a', 'b'] } }, { ...ops, label: ['x', 'b'] }, true],
    ['set-valued attribute that does not', { label: { in: ['a', 'b'] } }, { ...ops, label: ['x'] }, false],
    ['set-valued attribute that is empty', { label: { in: ['a'] } }, { ...ops, label: [] }, false],
    ['two attributes, both hold', { project: { eq: 'OPS' }, label: { eq: 'a' } }, { ...ops, label: 'a' }, true],
    ['two attributes, one holds', { project: { eq: 'OPS' }, label: { eq: 'a' } }, { ...ops, label: 'b' }, false],
    ['an empty rule', {}, ops, false],
    ['$subject', { assignee: { eq: '$subject' } }, { ...ops, assignee: 'ana' }, true],
    ['$tenant', { owner: { eq: '$tenant' } }, { ...ops, owner: 'acme' }, true],
    ['list with an attribute in it', { project: { in: ['PAY', '$projects'] } }, ops, true],
  ])('%s', (_case, rule, record, expected) => {
    const rows = rowsOf(rule, ana)
    expect(rows !== undefined && inScope(record, [rows])).toBe(expected)
  })

  it('cannot replace tenant equality', () => {
    const rows = rowsOf({ tenant: { eq: 'globex' } }, ana)
    expect(rows).toEqual({ tenant: ['acme'] })
  })

  it('is the union over roles, and nothing without one', () => {
    const first = rowsOf({ project: { eq: 'PAY' } }, ana)
    const second = rowsOf({ project: { eq: 'OPS' } }, ana)
    expect(
      inScope(
        ops,
        [first, second].filter((rows) => rows !== undefined),
      ),
    ).toBe(true)
    expect(inScope(ops, [])).toBe(false)
  })

  it('reads in words', () => {
    expect(describeRows({ project: { in: '$projects' }, region: { eq: 'eu' } })).toBe(
      'rows of your tenant where project is your projects and region is eu',
    )
  })
})
