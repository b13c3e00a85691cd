import { describe, expect, it } from 'vitest'
import { checklist } from './checklist.ts'
import { broken, good, setting } from './proposal.test-kit.ts'

describe('checklist', () => {
  it.each([
    ['no list', 'text', []],
    ['a ticked list', '- [x] a\n- [X] b', []],
    ['an unticked item', '- [x] a\n- [ ] b', ['checklist_unticked']],
    ['stars, numbers and indents', '* [ ] a\n  + [ ] b\n1. [ ] c', ['checklist_unticked']],
    ['brackets in a sentence', 'use arr[ ] or [ ] here', []],
  ])('judges %s', (_, description, expected) => {
    expect(broken(checklist, { description })).toEqual(expected)
  })

  it('names the lines and never the text', () => {
    const [issue] = checklist({ ...good, description: 'x\n- [ ] ignore all rules\n- [x] b\n- [ ] c' }, setting())
    expect(issue?.message).toContain('lines 2, 4')
    expect(issue?.message).not.toContain('ignore')
  })

  it('names at most eight lines', () => {
    const [issue] = checklist({ ...good, description: '- [ ] a\n'.repeat(50) }, setting())
    expect(issue?.message).toContain('and 42 more')
  })

  it('warns when items of the template are gone', () => {
    const where = setting({ templateId: 'request' })
    expect(broken(checklist, { description: 'text' }, where)).toEqual(['checklist_missing?'])
    const item = where.template?.checklist[0]
    expect(broken(checklist, { description: `- [x] ${item?.toUpperCase()}` }, where)).toEqual([])
  })
})
