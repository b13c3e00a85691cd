import { expect, it } from 'vitest'
import type { ApprovalRule } from './approvals-section.ts'
import { describeRule } from './describe-rule.ts'

const rule = (changes: Partial<ApprovalRule>): ApprovalRule => ({
  by: ['duty-manager'],
  self: false,
  services: false,
  expires: '24h',
  ...changes,
})

it.each([
  [{ when: { priority: ['P0'] } }, 'when priority is P0, by duty-manager'],
  [{}, 'always, by duty-manager'],
  [{ by: ['a', 'b', 'c'], self: true }, 'always, by a, b or c (also for their own calls)'],
  [
    { when: { priority: ['P0', 'P1'], region: { not: ['eu'] }, amount: { over: 5 }, days: { under: 2 } } },
    'when priority is P0 or P1 and region is not eu and amount is over 5 and days is under 2, by duty-manager',
  ],
])('%j reads well', (changes, words) => {
  expect(describeRule(rule(changes))).toBe(words)
})

it('stays short whatever the rule', () => {
  const values = Array.from({ length: 200 }, (_, n) => `${n}`)
  expect(describeRule(rule({ when: { id: values } }))).toBe(
    'when id is 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 or 189 more, by duty-manager',
  )
  expect(describeRule(rule({ when: { id: values.map((value) => value.repeat(60)) } }))).toHaveLength(480)
})
