import { searchTerms } from '@postern/store'
import { freeText, identifier, text, untrusted } from '@postern/tool'
import { z } from 'zod'
import { projectOf } from '../domain/quality/assess.ts'
import { Label, Priority, ProjectKey, Status, shown, TicketId } from '../domain/ticket.ts'
import { defineTool } from '../tool.ts'

const textCharsMax = 200

/**
 * Finds tickets of one project.
 *
 * Deliberately absent: a search over all projects (it would cost every tracker a scan) and a query language (the model
 * would write one, and a vendor's would leak into every prompt).
 */
export const searchTickets = defineTool({
  name: 'search_tickets',
  version: '1.0.0',
  title: 'Search tickets',
  description:
    'Finds tickets of one project, newest change first. Use it before you open a ticket, and to find an id; read one with get_ticket.',
  effect: 'read',
  scope: 'tickets:read',

  input: z.strictObject({
    project_key: ProjectKey.describe('Such as OPS.'),
    status: z.array(Status).min(1).optional().describe('Any of these.'),
    priority: z.array(Priority).min(1).optional().describe('Any of these.'),
    label: Label.optional().describe('Such as backup.'),
    text: freeText(textCharsMax).optional().describe('Words that must all occur in id, title or description.'),
    limit: z.int().min(1).max(50).default(20).describe('Tickets per page.'),
    cursor: z.string().max(2048).optional().describe('next_cursor of the same search.'),
  }),

  output: z.strictObject({
    tickets: z.array(
      z.strictObject({
        ticket_id: TicketId,
        status: Status,
        priority: Priority,
        labels: z.array(Label),
        updated_at: identifier(),
        untrusted: untrusted({ title: text(shown.titleCharsMax) }),
      }),
    ),
    count: z.int().nullable(),
    next_cursor: z
      .string()
      .regex(/^[\w-]+$/)
      .optional(),
  }),

  async handler({ limit, cursor, text, ...filter }, { ports, signal }) {
    await projectOf(filter.project_key, ports, signal)
    const terms = text === undefined ? [] : searchTerms(text)
    const query = { ...filter, ...(terms.length > 0 && { words: { match: 'all' as const, terms } }) }
    const { items, nextCursor, count } = await ports.tickets.search(query, { limit, cursor }, { signal })
    return {
      tickets: items.map((ticket) => ({
        ticket_id: ticket.ticket_id,
        status: ticket.status,
        priority: ticket.priority,
        labels: [...ticket.labels],
        updated_at: ticket.updated_at,
        untrusted: { title: ticket.title },
      })),
      count,
      ...(nextCursor !== undefined && { next_cursor: nextCursor }),
    }
  },
})
