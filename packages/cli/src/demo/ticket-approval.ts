import { randomUUID } from 'node:crypto'
import { cardFields, needsApproval, next, ok, part, refused, replayed } from './replies.ts'
import type { Step } from './scene.ts'
import { ticket } from './ticket-replies.ts'

const support = { transport: 'stdio', as: 'support' } as const

const emergency = {
  project_key: 'OPS',
  title: 'Nobody in Lisbon can print labels, and lorries are waiting',
  description: 'Since 07:40 no label printer of the Lisbon warehouse answers. Eleven lorries are waiting at the ramp.',
  labels: ['incident', 'printing'],
  acceptance_criteria: ['Every printer of the warehouse prints a test label'],
  priority: 'P0',
  idempotency_key: `demo-${randomUUID()}`,
}

/** A P0 gets people out of bed: somebody else has to agree, and the same call then goes through, once. */
export const ticketApproval: readonly Step[] = [
  {
    does: 'call',
    title: 'An emergency needs a second person',
    via: support,
    tool: 'create_ticket',
    input: () => emergency,
    shows: next,
    fault: needsApproval,
    why: 'Nothing was opened. The request is bound to this caller, this tool and these very arguments, and expires.',
  },
  {
    does: 'command',
    title: 'Who asks does not approve',
    as: 'support',
    args: (memory) => ['approvals', 'tickets', 'approve', memory['approval'] ?? ''],
    shows: () => [],
    fault: (reply) => refused(reply, 'exit 1'),
    why: 'The rule names the role that decides. Trying is recorded too.',
  },
  {
    does: 'command',
    title: 'The duty manager reads what would happen, and agrees',
    as: 'duty-manager',
    args: (memory) => ['approvals', 'tickets', 'approve', memory['approval'] ?? ''],
    shows: (reply) => cardFields(reply, 'would do', 'asked by', 'decision'),
    fault: (reply) => ok(reply),
    why: 'With --server this goes over HTTP with a token of the approver’s own, who needs no access to any database.',
  },
  {
    does: 'call',
    title: 'Now the same call goes through',
    via: support,
    tool: 'create_ticket',
    input: () => emergency,
    inputSays: 'the very same input',
    shows: ticket,
    fault(reply, memory) {
      memory['emergency'] = String(part(reply, 'ticket')['ticket_id'] ?? '')
      return ok(reply)
    },
    why: 'The approval is spent in the same transaction that opens the ticket: for one ticket, not for two.',
  },
  {
    does: 'call',
    title: 'And once more, because the answer got lost',
    via: support,
    tool: 'create_ticket',
    input: () => emergency,
    inputSays: 'the very same input',
    shows: (reply) => [...ticket(reply), ...(reply.ok && reply.replayed ? ['marked as a replay'] : [])],
    fault: (reply, memory) => replayed(reply, 'ticket', 'ticket_id', memory['emergency']),
    why: 'What is done is not asked again, and not done again.',
  },
  {
    does: 'call',
    title: 'One word changed',
    via: support,
    tool: 'create_ticket',
    input: () => ({ ...emergency, title: emergency.title.replace('Lisbon', 'Porto') }),
    inputSays: 'the same input, with Porto for Lisbon in the title',
    shows: next,
    fault: (reply) => refused(reply, 'CONFLICT'),
    why: 'Another text under the same key is another intention. Nothing of the first answer is given away.',
  },
]
