import { type Planter, tracesOf } from '@postern/testing'
import type { Caller, Reply } from './caller.ts'
import { type Step, step } from './step.ts'

/** Calls of every tool and of the resource, good ones and all kinds of refused ones. `by` names the caller. */
export function toolSteps(by: string, caller: Caller, plant: Planter): Step[] {
  const proposal = () => ({
    project_key: 'OPS',
    title: `Badge reader refuses ${plant.line('title')}`,
    description: `People queue outside of gate 4 since Monday. They say: ${plant.text('description')}`,
    priority: 'P3',
    labels: [plant.made('label', (word) => `k-${word}`)],
    acceptance_criteria: [`A card is read for ${plant.text('acceptance criterion')}`],
  })
  const key = () => plant.made('idempotency key', (word) => `key_${word}`)
  const first = { ...proposal(), idempotency_key: key() }
  let made = ''

  const tool = (what: string, ends: string, name: string, args: () => Record<string, unknown>, records = 1) =>
    step(`${by}: ${what}`, ends, records, () => caller.tool(name, args()))
  const refused = (what: string, name: string, args: Record<string, unknown>) =>
    tool(what, 'VALIDATION_ERROR/schema', name, () => args)
  const resource = (what: string, uri: string) =>
    step(`${by}: ${what}`, 'JSON-RPC -32602', 1, () => caller.resource(uri))
  /** What was planted must come back: it is a secret that the caller may see, and nobody else. */
  const shown = (what: string, name: string, args: () => Record<string, unknown>) =>
    step(`${by}: ${what}`, 'ok, and shows it', 1, async () => {
      const reply = await caller.tool(name, args())
      const shows = tracesOf(plant.all, [{ place: 'the answer', text: reply.text }]).length > 0
      return shows ? { ...reply, ends: `${reply.ends}, and shows it` } : reply
    })

  return [
    step(`${by}: a new ticket`, 'ok', 2, async () => {
      const reply = await caller.tool('create_ticket', first)
      made = ticketIn(reply)
      return reply
    }),
    tool('the same ticket again', 'ok', 'create_ticket', () => first),
    tool('another ticket under its key', 'CONFLICT/key_reused', 'create_ticket', () => ({
      ...first,
      title: `Badge reader opens for ${plant.line('title')}`,
    })),
    shown('the ticket', 'get_ticket', () => ({ ticket_id: made })),
    shown('a search for its label', 'search_tickets', () => ({ project_key: 'OPS', label: first.labels[0] })),
    tool('a draft', 'ok', 'draft_ticket', () => ({ ...proposal(), idempotency_key: key() }), 2),
    tool('a check', 'ok', 'validate_ticket', proposal),
    tool('a search for text', 'ok', 'search_tickets', () => ({ project_key: 'OPS', text: plant.text('search text') })),
    refused('a field that does not exist', 'search_tickets', {
      project_key: 'OPS',
      [plant.text('field name')]: plant.text('value of no field'),
    }),
    refused('nested fields that do not exist', 'get_ticket', {
      ticket_id: 'OPS-1',
      filter: { [plant.text('nested field name')]: [{ deep: plant.text('nested value') }] },
    }),
    refused('a text for a number', 'search_tickets', { project_key: 'OPS', limit: plant.text('number') }),
    refused('an object for a text', 'search_tickets', { project_key: 'OPS', text: { q: plant.text('object') } }),
    refused('a list for a text', 'create_ticket', {
      ...proposal(),
      title: [plant.text('list')],
      idempotency_key: key(),
    }),
    refused('half a character', 'validate_ticket', {
      ...proposal(),
      title: `Half of ${plant.text('broken text')} \ud800`,
    }),
    refused('a long text', 'search_tickets', { project_key: 'OPS', text: plant.text('long text').repeat(50) }),
    refused('no id at all', 'get_ticket', { ticket_id: plant.text('ticket id') }),
    refused('a field to show', 'get_ticket', { ticket_id: 'OPS-1', fields: [plant.text('name of a field')] }),
    refused('an idempotency key with spaces', 'create_ticket', {
      ...proposal(),
      idempotency_key: plant.made('unfit idempotency key', (word) => `the key of Zoë: ${word}`),
    }),
    refused('a status', 'search_tickets', { project_key: 'OPS', status: [plant.text('status')] }),
    tool('a cursor', 'VALIDATION_ERROR/cursor', 'search_tickets', () => ({
      project_key: 'OPS',
      cursor: plant.text('cursor'),
    })),
    tool('a project', 'PERMISSION_DENIED/rows', 'search_tickets', () => ({
      project_key: plant.capitals('project', 10),
    })),
    tool('a ticket that does not exist', 'NOT_FOUND/absent', 'get_ticket', () => ({
      ticket_id: `${plant.capitals('ticket id', 10)}-7`,
    })),
    tool('a draft that does not exist', 'NOT_FOUND/absent', 'validate_ticket', () => ({
      draft_id: plant.made('draft id', (word) => `draft_${word}-123456`.slice(0, 28)),
    })),
    tool('too much', 'VALIDATION_ERROR/too_large', 'draft_ticket', () => ({
      ...proposal(),
      description: plant.text('huge text') + ' and so on'.repeat(7_000),
      idempotency_key: key(),
    })),
    step(`${by}: a purpose`, 'PERMISSION_DENIED/purpose', 1, () =>
      caller.tool('whoami', {}, { 'dev.postern/purpose': plant.text('purpose') }),
    ),
    step(`${by}: notes beside the call`, 'ok', 1, () =>
      caller.tool(
        'list_scopes',
        {},
        {
          traceparent: `00-${plant.word('traceparent')}-01`,
          tracestate: `vendor=${plant.header('tracestate')}`,
          baggage: `user=${plant.header('baggage')}`,
          'com.example/user': { name: plant.text('meta') },
        },
      ),
    ),
    step(`${by}: a tool that does not exist`, 'JSON-RPC -32602', 1, () =>
      caller.tool(
        plant.made('tool name', (word) => `Get ${word}`),
        { why: plant.text('argument of no tool') },
      ),
    ),
    step(`${by}: a tool with an address for a name`, 'JSON-RPC -32602', 1, () =>
      caller.tool(plant.email('tool name'), {}),
    ),
    resource('a template that does not exist', `template://OPS/${plant.word('template')}`),
    resource('a template of no project', `template://${plant.capitals('project in a uri', 8)}/bug`),
    resource('a URI with a password', `https://ada:${plant.word('uri')}@db.example.com/?x=1`),
    resource('a file', `file:///home/${encodeURIComponent(plant.text('path'))}/id_rsa`),
  ]
}

/** Somebody who sees the address that a ticket was opened from reads the newest one. */
export function addressStep(reader: Caller, plant: Planter): Step {
  const addresses = plant.all.filter(({ where }) => where === 'address of the caller')
  return step('the address of a reporter', 'ok, and shows it', 2, async () => {
    const ticket_id = ticketIn(await reader.tool('search_tickets', { project_key: 'OPS', limit: 1 }))
    const reply = await reader.tool('get_ticket', { ticket_id })
    const shows = tracesOf(addresses, [{ place: 'the answer', text: reply.text }]).length > 0
    return shows ? { ...reply, ends: `${reply.ends}, and shows it` } : reply
  })
}

function ticketIn({ text }: Reply): string {
  return /OPS-\d+/.exec(text)?.[0] ?? ''
}
