import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { approvalsSection } from './approvals-section.ts'

const section = approvalsSection(['create_ticket', 'close_ticket'])

describe('the approvals section', () => {
  it('is empty by default, and a rule asks one other person within a day', () => {
    expect(section.parse(undefined)).toEqual({})
    expect(section.parse({ create_ticket: { when: { priority: ['P0'] }, by: ['duty-manager'] } })).toEqual({
      create_ticket: { when: { priority: ['P0'] }, by: ['duty-manager'], self: false, services: false, expires: '24h' },
    })
  })

  it.each([
    ['an unknown tool', { create_tiket: { by: ['a'] } }],
    ['a rule without approvers', { create_ticket: {} }],
    ['no approvers', { create_ticket: { by: [] } }],
    ['a role in capitals', { create_ticket: { by: ['Duty'] } }],
    ['an unknown key', { create_ticket: { by: ['a'], selfs: true } }],
    ['an unknown condition', { create_ticket: { by: ['a'], when: { priority: { matches: 'P.' } } } }],
    ['two conditions in one', { create_ticket: { by: ['a'], when: { hours: { over: 1, under: 5 } } } }],
    ['no values', { create_ticket: { by: ['a'], when: { priority: [] } } }],
    ['a bare value', { create_ticket: { by: ['a'], when: { priority: 'P0' } } }],
    ['a duration without unit', { create_ticket: { by: ['a'], expires: 60 } }],
    ['more than a week', { create_ticket: { by: ['a'], expires: '169h' } }],
    ['no duration', { create_ticket: { by: ['a'], expires: '0h' } }],
    ['self as a word', { create_ticket: { by: ['a'], self: 'yes' } }],
  ])('refuses %s', (_, value) => {
    expect(section.safeParse(value).success).toBe(false)
  })

  it('takes durations up to a week', () => {
    for (const expires of ['45s', '30min', '168h', '7d'])
      expect(section.parse({ create_ticket: { by: ['a'], expires } })['create_ticket']?.expires).toBe(expires)
  })

  it('can be shown to editors as JSON Schema that names the tools', () => {
    const json = z.toJSONSchema(section, { io: 'input' })
    expect(Object.keys(json.properties ?? {})).toEqual(['create_ticket', 'close_ticket'])
    expect(json.additionalProperties).toBe(false)
  })
})
