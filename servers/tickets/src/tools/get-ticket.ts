import { z } from 'zod'
import { TicketId } from '../domain/ticket.ts'
import { FieldNames, TicketField, TicketView, viewOf } from '../domain/ticket-view.ts'
import { defineTool } from '../tool.ts'

/** Reads one ticket. */
export const getTicket = defineTool({
  name: 'get_ticket',
  version: '1.0.0',
  title: 'Get ticket',
  description: 'Reads one ticket by its id. Use search_tickets to find the id. Name only the fields you need.',
  effect: 'read',
  scope: 'tickets:read',

  input: z.strictObject({
    ticket_id: TicketId.describe('Such as OPS-12.'),
    fields: z.array(TicketField).min(1).optional().describe('Default: all.'),
  }),

  output: z.strictObject({
    ticket: TicketView,
    masked: FieldNames,
    truncated: FieldNames,
  }),

  async handler({ ticket_id, fields = TicketField.options }, { ports, signal }) {
    const { item, masked } = await ports.tickets.get(ticket_id, { signal })
    const { ticket, truncated } = viewOf(item, fields)
    const hidden = masked.filter((name) => fields.some((field) => field === name))
    return {
      ticket,
      ...(hidden.length > 0 && { masked: hidden }),
      ...(truncated.length > 0 && { truncated }),
    }
  },
})
