import { toolsFor } from '@postern/tool'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { approvalFaults } from './approval-faults.ts'
import { approvalsSection } from './approvals-section.ts'

const tool = toolsFor<unknown>()({
  name: 'create_ticket',
  version: '1.0.0',
  title: 'Create ticket',
  description: 'Creates.',
  effect: 'write',
  scope: 'tickets:write',
  input: z.strictObject({
    priority: z.enum(['P0', 'P1']).default('P1'),
    labels: z.array(z.enum(['security', 'ui'])).optional(),
    hours: z.number().min(1).max(40).optional(),
    region: z.string().toLowerCase(),
    notify: z.boolean(),
  }),
  output: z.strictObject({ ticket: z.string() }),
  handler: async () => ({ ticket: 'x' }),
})
const faults = (when: unknown) =>
  approvalFaults(approvalsSection(['create_ticket']).parse({ create_ticket: { when, by: ['a'] } }), [tool])

it.each([
  { priority: ['P0'] },
  { priority: { not: ['P1'] } },
  { labels: ['security'] },
  { hours: { over: 8 } },
  { hours: { under: 0 } },
  { hours: [8] },
  { region: ['eu'] },
  { notify: [true] },
])('takes %j', (when) => {
  expect(faults(when)).toEqual([])
})

it.each([
  [
    { priorty: ['P0'] },
    'approvals.create_ticket.when.priorty: create_ticket has no input priorty. Its inputs: priority, labels, hours, region, notify.',
  ],
  [
    { idempotency_key: ['x'] },
    'approvals.create_ticket.when.idempotency_key: create_ticket has no input idempotency_key.',
  ],
  [
    { priority: ['P0', 'p1'] },
    'approvals.create_ticket.when.priority: priority can never be "p1", so this would not guard anything.',
  ],
  [{ labels: { not: ['secret'] } }, 'labels can never be "secret"'],
  [{ hours: ['8'] }, 'hours can never be "8"'],
  [{ hours: [80] }, 'hours can never be 80'],
  [{ region: ['EU'] }, 'region can never be "EU"'],
  [{ priority: { over: 1 } }, 'priority is not a number'],
  [{ labels: { under: 1 } }, 'labels is not a number'],
  [{ notify: { under: 1 } }, 'notify is not a number'],
])('names the fault in %j', (when, problem) => {
  const found = faults(when)
  expect(found).toHaveLength(1)
  expect(found[0]?.problem).toContain(problem)
  expect(found[0]?.path).toEqual(['approvals', 'create_ticket', 'when', Object.keys(when)[0]])
})
