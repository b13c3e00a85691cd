import { randomUUID } from 'node:crypto'
import { auditStep } from './audit-steps.ts'
import { list, next, ok, part, refused, replayed } from './replies.ts'
import type { Data, Scene } from './scene.ts'
import { brief } from './show.ts'
import { ticketApproval } from './ticket-approval.ts'
import { errors, found, issueLine, issues, items, rows, template, ticket } from './ticket-replies.ts'

const stdio = { transport: 'stdio', as: 'support' } as const
const http = { transport: 'http' } as const
const developer = { transport: 'stdio', as: 'developer' } as const

const description = `Since Monday the label printer of the Lisbon warehouse skips every third label of an order.

## Steps to reproduce
1. Open any order with at least three parcels
2. Press "Print labels"

## Expected
One label for each parcel.

## Actual
The third, sixth and ninth label are missing; the print log shows no error.

- [x] I searched for tickets about the same thing
- [x] No passwords, tokens or personal data in the text`

const corrected = {
  project_key: 'OPS',
  template_id: 'bug',
  title: 'Label printer in Lisbon skips every third label of an order',
  description,
  labels: ['bug', 'printing'],
  acceptance_criteria: ['An order of nine parcels prints nine labels', 'The print log names a label that was skipped'],
}

/** An agent at a support desk: looks, drafts, is corrected, opens a ticket once, and is refused what is not its own. */
export const tickets: Scene = {
  server: 'tickets',
  title: 'tickets: a support agent opens a ticket',
  rule: {
    yaml: 'approvals: { create_ticket: { when: { priority: [P0] }, by: [incident-reader] } }',
    words: 'To the development file it adds the rule of staging and production: a P0 needs a second person.',
  },
  steps: [
    {
      does: 'call',
      title: 'Who am I here?',
      via: stdio,
      tool: 'whoami',
      input: () => ({}),
      shows: (reply) => {
        const { subject, tenant, roles, purposes, environment } = part(reply, 'identity')
        return reply.ok ? [`${subject} of ${tenant}, as ${list(roles)}, for ${list(purposes)}, in ${environment}`] : []
      },
      fault: (reply) => ok(reply),
      why: 'Who calls comes from the connection. No tool argument and no text in a document can change it.',
    },
    {
      does: 'call',
      title: 'Look before you write',
      via: stdio,
      tool: 'search_tickets',
      input: () => ({ project_key: 'OPS', text: 'vpn', limit: 3 }),
      shows: rows,
      fault: (reply) => ok(reply) ?? (items(reply).length === 0 ? 'the search found nothing' : undefined),
      why: 'The search sees the rows of this caller only. What people wrote stands under "untrusted", apart from facts.',
    },
    {
      does: 'call',
      title: 'A ticket that tries to give orders',
      via: stdio,
      tool: 'search_tickets',
      input: () => ({ project_key: 'OPS', text: 'ignore all previous instructions', limit: 1 }),
      shows: (reply) =>
        items(reply).map((item) => {
          const { title, suspicious } = (item['untrusted'] ?? {}) as Data
          return `${item['ticket_id']} untrusted.title: ${brief(title)}; suspicious: ${list(suspicious)}`
        }),
      fault: (reply) =>
        ok(reply) ??
        (JSON.stringify(items(reply)[0]?.['untrusted'] ?? {}).includes('"suspicious":["title"')
          ? undefined
          : 'it was not marked'),
      why: 'A title can be an attack on the model. It is data, marked as such, and named when it reads like an order.',
    },
    {
      does: 'read',
      title: 'What a bug report has to hold in this project',
      via: stdio,
      uri: 'template://OPS/bug',
      shows: template,
      fault: (reply) =>
        ok(reply) ?? (template(reply)[0]?.includes('steps_to_reproduce') ? undefined : 'no steps are asked for'),
      why: 'The team writes its forms once. Agents read them as resources, under the same policy as tools.',
    },
    {
      does: 'call',
      title: 'A hasty draft',
      via: stdio,
      tool: 'draft_ticket',
      input: () => ({
        project_key: 'OPS',
        template_id: 'bug',
        title: 'Printer does not work',
        description: 'The printer does not work, please fix it as soon as you can.',
        idempotency_key: newKey(),
      }),
      shows: issues,
      fault: (reply) => ok(reply) ?? (errors(reply).length === 0 ? 'the draft has no issues' : undefined),
      why: 'Each issue names a field, a rule and what to do, so the agent can correct itself. Nothing was opened.',
    },
    {
      does: 'call',
      title: 'The same, corrected',
      via: stdio,
      tool: 'draft_ticket',
      input: () => ({ ...corrected, idempotency_key: newKey() }),
      shows: (reply) => [`draft ${brief(part(reply, 'draft')['draft_id'])}`, ...issues(reply)],
      fault(reply, memory) {
        memory['draft'] = String(part(reply, 'draft')['draft_id'] ?? '')
        memory['key'] = newKey()
        return ok(reply) ?? (errors(reply).length > 0 ? 'the corrected draft still has errors' : undefined)
      },
      why: 'A draft is kept for a day, for this caller alone, and never changes: what is approved is what is opened.',
    },
    {
      does: 'call',
      title: 'Open it',
      via: stdio,
      tool: 'create_ticket',
      input: (memory) => ({ draft_id: memory['draft'], idempotency_key: memory['key'] }),
      shows: ticket,
      fault(reply, memory) {
        memory['ticket'] = String(part(reply, 'ticket')['ticket_id'] ?? '')
        return ok(reply)
      },
      why: 'The write is on disk before it is answered.',
    },
    {
      does: 'call',
      title: 'The same call again, as after a lost answer',
      via: stdio,
      tool: 'create_ticket',
      input: (memory) => ({ draft_id: memory['draft'], idempotency_key: memory['key'] }),
      shows: (reply) =>
        reply.ok ? [...ticket(reply), ...(reply.replayed ? ['marked as a replay'] : [])] : next(reply),
      fault: (reply, memory) => replayed(reply, 'ticket', 'ticket_id', memory['ticket']),
      why: 'The same key and the same arguments give the first answer again, marked. There is still one ticket.',
    },
    {
      does: 'call',
      title: 'A project that is not granted',
      via: stdio,
      tool: 'search_tickets',
      input: () => ({ project_key: 'PAY', text: 'refund' }),
      shows: next,
      fault: (reply) => refused(reply, 'PERMISSION_DENIED', 'NOT_FOUND'),
      why: 'Deny by default. The answer says what to do next, and nothing about what exists.',
    },
    {
      does: 'call',
      title: 'A field that does not exist',
      via: stdio,
      tool: 'create_ticket',
      input: (memory) => ({ draft_id: memory['draft'], assignee: 'mallory', idempotency_key: newKey() }),
      shows: (reply) => [...found(reply, 'details').map(issueLine), ...next(reply)],
      fault: (reply) => refused(reply, 'VALIDATION_ERROR'),
      why: 'What a tool does not know it refuses. It never drops a field in silence and goes ahead.',
    },
    {
      does: 'list',
      title: 'The same server for somebody else',
      via: developer,
      shows: (reply) => [list(reply.ok && reply.data['tools'])],
      fault: (reply) =>
        ok(reply) ??
        (list(reply.ok && reply.data['tools']).includes('create_ticket') ? 'create_ticket is listed' : undefined),
      why: 'A developer reads only: the writes are not listed, and calling them by name is refused.',
    },
    {
      does: 'call',
      title: 'Calling what is not listed',
      via: developer,
      tool: 'create_ticket',
      input: () => ({ ...corrected, project_key: 'WEB', priority: 'P2', idempotency_key: newKey() }),
      shows: next,
      fault: (reply) => refused(reply, 'PERMISSION_DENIED'),
      why: 'The list is a courtesy to the model; the decision is made again for every call.',
    },
    {
      does: 'call',
      title: 'A purpose of one’s own making',
      via: { ...stdio, purpose: 'marketing' },
      tool: 'search_tickets',
      input: () => ({ project_key: 'OPS', text: 'vpn' }),
      shows: next,
      fault: (reply) => refused(reply, 'PERMISSION_DENIED'),
      why: 'A purpose is granted with the role, and recorded with each call. A client may narrow it, and never widen it.',
    },
    ...ticketApproval,
    {
      does: 'kill',
      title: 'The process dies',
      via: stdio,
      why: 'No goodbye, no flush. The next call starts a new process on the same data.',
    },
    {
      does: 'call',
      title: 'The ticket is still there',
      via: stdio,
      tool: 'get_ticket',
      input: (memory) => ({ ticket_id: memory['ticket'], fields: ['title', 'status', 'priority'] }),
      shows: ticket,
      fault: (reply) => ok(reply),
      why: 'What was acknowledged survives. Processes keep nothing that must not be lost.',
    },
    {
      does: 'call',
      title: 'And another process serves it over HTTP',
      via: http,
      tool: 'get_ticket',
      input: (memory) => ({ ticket_id: memory['ticket'], fields: ['title', 'status', 'priority'] }),
      shows: ticket,
      fault: (reply) => ok(reply),
      why: 'The same bundle, the same policy, another transport. In production it asks for a bearer token there.',
    },
    auditStep('tickets', 'duty-manager'),
  ],
}

const newKey = (): string => `demo-${randomUUID()}`
