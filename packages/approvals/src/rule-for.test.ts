import { describe, expect, it } from 'vitest'
import type { ApprovalCondition } from './approvals-section.ts'
import { applies, ruleFor } from './rule-for.ts'

const rule = (when?: Record<string, ApprovalCondition>) => ({
  when,
  by: ['a'],
  self: false,
  services: false,
  expires: '1h',
})

describe('ruleFor', () => {
  it('covers the old versions of a tool unless they have a rule of their own', () => {
    const rules = { create: rule(), close: rule(), close_v1: rule({ x: [1] }) }
    expect(ruleFor(rules, 'create_v12')).toBe(rules.create)
    expect(ruleFor(rules, 'close_v1')).toBe(rules.close_v1)
    expect(ruleFor(rules, 'create_v')).toBeUndefined()
    expect(ruleFor(rules, 'create_view')).toBeUndefined()
    expect(ruleFor(rules, 'toString')).toBeUndefined()
  })
})

describe('applies', () => {
  it.each<[ApprovalCondition, unknown, boolean]>([
    [['P0', 'P1'], 'P1', true],
    [['P0'], 'P1', false],
    [['P0'], 'p0', false],
    [[1], '1', false],
    [[true], true, true],
    [['x'], ['y', 'x'], true],
    [['x'], [], false],
    [['x'], null, false],
    [{ not: ['EU'] }, 'EU', false],
    [{ not: ['EU'] }, 'US', true],
    [{ not: ['EU'] }, ['EU', 'US'], true],
    [{ not: ['EU'] }, ['EU'], false],
    [{ not: ['EU'] }, null, true],
    [{ over: 10 }, 10, false],
    [{ over: 10 }, 10.5, true],
    [{ under: 10 }, 10, false],
    [{ under: 10 }, -1, true],
    [{ over: 10 }, [1, 11], true],
    [{ over: 10 }, 'eleven', true],
    [{ under: 10 }, null, true],
  ])('%j on %j is %s', (condition, value, expected) => {
    expect(applies(rule({ field: condition }), { field: value }, undefined)).toBe(expected)
  })

  it('takes what a call leaves out as met, unless the facts are known', () => {
    for (const condition of [['P0'], { not: ['P0'] }, { over: 1 }, { under: 1 }] satisfies ApprovalCondition[])
      expect(applies(rule({ field: condition }), {}, undefined)).toBe(true)
    expect(applies(rule({ field: ['P0'] }), {}, {})).toBe(false)
    expect(applies(rule({ field: { over: 1 } }), {}, {})).toBe(false)
    expect(applies(rule({ field: { not: ['P0'] } }), {}, {})).toBe(true)
    expect(applies(rule({ constructor: ['P0'] }), {}, {})).toBe(false)
  })

  it('needs all conditions, and none means always', () => {
    expect(applies(rule({ a: [1], b: [2] }), { a: 1, b: 3 }, undefined)).toBe(false)
    expect(applies(rule({ a: [1], b: [2] }), { a: 1 }, { b: 2 })).toBe(true)
    expect(applies(rule(), {}, undefined)).toBe(true)
  })
})
