import { serverSuite } from '@postern/testing/server-suite'
import { expect } from 'vitest'

const label = 'server-suite'
const criteria = ['A person can see that it is done', 'Nothing else has changed']
const describeTicket = (name: string) =>
  `Opened by the suite that every server has to pass, as "${name}". The text is long enough to be torn: ${'whole '.repeat(200)}.`

serverSuite({
  server: 'tickets',
  tools: ['whoami', 'list_scopes', 'search_tickets', 'get_ticket', 'draft_ticket', 'validate_ticket', 'create_ticket'],
  read: { tool: 'search_tickets', input: { project_key: 'OPS', limit: 1 } },
  wrongType: { tool: 'search_tickets', input: { project_key: 'OPS', limit: 'many' }, path: 'limit' },
  overLong: { tool: 'search_tickets', input: { project_key: 'OPS', text: 'x'.repeat(201) }, path: 'text' },
  resource: { template: 'template://{project}/{id}', uri: 'template://OPS/bug', absent: 'template://OPS/none' },
  environment: {
    'roles.support-agent.limits.create_ticket': '10000/min',
    'limits.principal': '10000/min',
  },
  write: {
    tool: 'create_ticket',
    input: (name) => ({
      project_key: 'OPS',
      title: `Suite record ${name} of the tickets server`,
      description: describeTicket(name),
      priority: 'P3',
      labels: [label],
      acceptance_criteria: criteria,
      idempotency_key: `suite-${name.replaceAll(' ', '-')}-0123456789`,
    }),
    id: (answer) => (answer['ticket'] as { ticket_id: string }).ticket_id,
    readBack: (ticket_id) => ({ tool: 'get_ticket', input: { ticket_id } }),
    list: (cursor) => ({
      tool: 'search_tickets',
      input: { project_key: 'OPS', label, limit: 50, ...(cursor && { cursor }) },
    }),
    ids: (answer) => (answer['tickets'] as { ticket_id: string }[]).map(({ ticket_id }) => ticket_id),
    nameOf: (answer) => /^Suite record (.*) of the tickets server$/.exec(textOf(answer).title)?.[1] ?? '',
    expectWhole: (answer, name) =>
      expect(textOf(answer)).toMatchObject({
        title: `Suite record ${name} of the tickets server`,
        description: describeTicket(name),
        acceptance_criteria: criteria,
      }),
  },
})

interface Text {
  readonly title: string
  readonly description: string
  readonly acceptance_criteria: readonly string[]
}

function textOf(answer: Readonly<Record<string, unknown>>): Text {
  return (answer['ticket'] as { untrusted: Text }).untrusted
}
