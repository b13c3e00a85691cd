import { identifier, text, untrusted } from '@postern/tool'
import { z } from 'zod'
import { Priority, Status, shown, type Ticket } from './ticket.ts'

/** What get_ticket can be asked for, beside the id. */
export const TicketField = z.enum([
  'status',
  'priority',
  'labels',
  'title',
  'description',
  'acceptance_criteria',
  'template_id',
  'reporter_email',
  'assignee',
  'created_at',
  'updated_at',
  'url',
])
export type TicketField = z.infer<typeof TicketField>

/** The names of fields an answer leaves out or cuts. */
export const FieldNames = z.array(z.string().regex(/^\w+$/)).optional()

/** One ticket as an answer shows it. What was not asked for, is masked or is not set is absent. */
export const TicketView = z.strictObject({
  ticket_id: identifier(),
  status: Status.optional(),
  priority: Priority.optional(),
  labels: z.array(identifier()).optional(),
  template_id: identifier().optional(),
  reporter_email: identifier().optional(),
  assignee: identifier().optional(),
  created_at: identifier().optional(),
  updated_at: identifier().optional(),
  url: z.url().optional(),
  untrusted: untrusted({
    title: text(shown.titleCharsMax).optional(),
    description: text(shown.descriptionCharsMax).optional(),
    acceptance_criteria: z.array(text(shown.criterionCharsMax)).optional(),
  }),
})

/** The asked-for fields of a ticket, and which of them are too long to be shown whole. */
export function viewOf(ticket: Ticket, fields: readonly TicketField[]) {
  const { title, description, acceptance_criteria, labels, ...rest } = ticket
  const wanted = { ...rest, labels: [...labels] }
  const texts = { title, description, acceptance_criteria: [...acceptance_criteria] }
  return {
    ticket: { ticket_id: ticket.ticket_id, ...pick(wanted, fields), untrusted: pick(texts, fields) },
    truncated: fields.filter((field) => field === 'description' && description.length > shown.descriptionCharsMax),
  }
}

function pick<T extends object>(from: T, fields: readonly TicketField[]): Partial<T> {
  const entries = Object.entries(from).filter(
    ([name, value]) => value !== undefined && fields.some((field) => field === name),
  )
  return Object.fromEntries(entries) as Partial<T>
}
