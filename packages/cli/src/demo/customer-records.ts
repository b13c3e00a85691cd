import { randomUUID } from 'node:crypto'
import { auditStep } from './audit-steps.ts'
import { customerRows, customers, deal, deals, note, summary } from './customer-replies.ts'
import { cardFields, needsApproval, next, ok, part, refused, replayed } from './replies.ts'
import type { Memory, Scene } from './scene.ts'

const hanna = { transport: 'stdio', as: 'hanna.l' } as const
const support = { transport: 'stdio', as: 'support' } as const

const company = 'Möller Präzisionstechnik'
const noteKey = `demo-${randomUUID()}`
const stageKey = `demo-${randomUUID()}`

const noteFor = (memory: Memory) => ({
  customer_id: memory['customer'],
  note: 'They sign this week. Elif Gruber asks for the installation plan before the first site starts.',
  idempotency_key: noteKey,
})
const winFor = (memory: Memory) => ({
  opportunity_id: memory['deal'],
  stage: 'closed_won',
  expected_stage: memory['stage'],
  reason: 'Signed contract arrived by mail on Friday.',
  idempotency_key: stageKey,
})

/** An account manager after a call: finds the customer, notes once what was said, and wins a deal that another approves. */
export const customerRecords: Scene = {
  server: 'customer-records',
  title: 'customer-records: an account manager wins a deal',
  steps: [
    {
      does: 'call',
      title: 'Find the customer',
      via: hanna,
      tool: 'search_customers',
      input: () => ({ company, status: ['customer'], limit: 3 }),
      shows: customerRows,
      fault(reply, memory) {
        memory['customer'] = String(customers(reply)[0]?.['customer_id'] ?? '')
        return ok(reply) ?? (customers(reply).length === 0 ? 'the search found nobody' : undefined)
      },
      why: 'An account manager finds her own customers in her own regions. The company name is what somebody typed: data.',
    },
    {
      does: 'call',
      title: 'What to know before the call',
      via: hanna,
      tool: 'get_customer_summary',
      input: (memory) => ({
        customer_id: memory['customer'],
        fields: ['status', 'owner', 'lifetime_value', 'open_opportunities'],
      }),
      shows: summary,
      fault(reply, memory) {
        const [first] = deals(reply).filter(({ stage }) => stage === 'negotiation')
        memory['deal'] = String(first?.['opportunity_id'] ?? '')
        memory['stage'] = String(first?.['stage'] ?? '')
        return ok(reply) ?? (first === undefined ? 'there is no deal in negotiation' : undefined)
      },
      why: 'Four fields were asked for, four come back: a summary, not a record with everything in it.',
    },
    {
      does: 'call',
      title: 'Support sees less of the same customer',
      via: support,
      tool: 'get_customer_summary',
      input: (memory) => ({ customer_id: memory['customer'], fields: ['status', 'owner', 'email', 'lifetime_value'] }),
      shows: (reply) => [
        ...summary(reply),
        ...(reply.ok ? [`masked: ${(reply.data['masked'] as readonly string[] | undefined)?.join(', ')}`] : []),
      ],
      fault: (reply) =>
        ok(reply) ??
        (part(reply, 'customer')['email'] === undefined && JSON.stringify(reply).includes('"email"')
          ? undefined
          : 'the address is not masked'),
      why: 'What a role may not see is not in the answer, and the answer says so.',
    },
    {
      does: 'call',
      title: 'Nor can it be found out by asking',
      via: support,
      tool: 'search_customers',
      input: () => ({ email: 'dieter.kowalczyk@moller-prazisionstechnik-ag.example' }),
      shows: next,
      fault: (reply) => refused(reply, 'PERMISSION_DENIED'),
      why: 'To search by a field is to read it. A masked one can be neither.',
    },
    {
      does: 'call',
      title: 'Note what was said',
      via: hanna,
      tool: 'log_note',
      input: noteFor,
      shows: note,
      fault(reply, memory) {
        memory['note'] = String(part(reply, 'note')['activity_id'] ?? '')
        return ok(reply)
      },
      why: 'Notes are only ever added. What somebody read and acted on stays readable.',
    },
    {
      does: 'call',
      title: 'The same call again: still one note',
      via: hanna,
      tool: 'log_note',
      input: noteFor,
      inputSays: 'the very same input',
      shows: note,
      fault: (reply, memory) => replayed(reply, 'note', 'activity_id', memory['note']),
      why: 'An agent that is not sure may repeat itself. That is what the key is for.',
    },
    {
      does: 'call',
      title: 'Win the deal',
      via: hanna,
      tool: 'update_opportunity_stage',
      input: winFor,
      shows: next,
      fault: needsApproval,
      why: 'A won deal is revenue, and cannot be taken back. The development file wants a sales manager to agree.',
    },
    {
      does: 'command',
      title: 'Another person approves, outside the conversation',
      as: 'kenji.t',
      args: (memory) => ['approvals', 'customer-records', 'approve', memory['approval'] ?? ''],
      shows: (reply) => cardFields(reply, 'would do', 'asked by', 'decision'),
      fault: (reply) => ok(reply),
      why: 'The model has no part in it: it can neither approve nor see how.',
    },
    {
      does: 'call',
      title: 'The same call, now done',
      via: hanna,
      tool: 'update_opportunity_stage',
      input: winFor,
      inputSays: 'the very same input',
      shows: deal,
      fault: (reply) => ok(reply) ?? (part(reply, 'opportunity')['stage'] === 'closed_won' ? undefined : 'not won'),
      why: 'What was approved is what was done: had one argument differed, it would have been another request.',
    },
    {
      does: 'call',
      title: 'And repeated',
      via: hanna,
      tool: 'update_opportunity_stage',
      input: winFor,
      inputSays: 'the very same input',
      shows: deal,
      fault: (reply, memory) => replayed(reply, 'opportunity', 'opportunity_id', memory['deal']),
      why: 'The replay needs no second approval, because nothing happens a second time.',
    },
    auditStep('customer-records', 'kenji.t'),
  ],
}
