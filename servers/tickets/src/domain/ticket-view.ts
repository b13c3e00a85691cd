import { cleanText, identifier, text, untrusted } from '@postern/tool'
import { z } from 'zod'
import { Account, Email, Label, Priority, Status, shown, TemplateId, type Ticket, TicketId } from './ticket.ts'

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
  ticket_id: TicketId,
  status: Status.optional(),
  priority: Priority.optional(),
  labels: z.array(Label).optional(),
  template_id: TemplateId.optional(),
  reporter_email: Email.optional(),
  assignee: Account.optional(),
  created_at: identifier().optional(),
  updated_at: identifier().optional(),
  url: z.url().optional(),
  untrusted: untrusted({
    title: text(shown.titleCharsMax).optional(),
    description: text(shown.descriptionCharsMax).optional(),
    acceptance_criteria: z.array(text(shown.criterionCharsMax)).optional(),
  }),
})

/** The asked-for fields of a ticket, and which of its texts are longer than an answer shows. */
export function viewOf(ticket: Ticket, fields: readonly TicketField[]) {
  const { title, description, acceptance_criteria, labels, ...rest } = ticket
  const texts = pick({ title, description, acceptance_criteria: [...acceptance_criteria] }, fields)
  return {
    ticket: { ticket_id: ticket.ticket_id, ...pick({ ...rest, labels: [...labels] }, fields), untrusted: texts },
    truncated: fields.filter(
      (field) =>
        (field === 'title' && isCut(title, shown.titleCharsMax)) ||
        (field === 'description' && isCut(description, shown.descriptionCharsMax)) ||
        (field === 'acceptance_criteria' && acceptance_criteria.some((one) => isCut(one, shown.criterionCharsMax))),
    ),
  }
}

/** Cleaning changes the length: what counts is how long the text would be shown. */
function isCut(value: string, charsMax: number): boolean {
  return value.length > charsMax / 2 && cleanText(value, Number.POSITIVE_INFINITY).length > charsMax
}

function pick<T extends object>(from: T, fields: readonly TicketField[]): Partial<T> {
  const entries = Object.entries(from).filter(
    ([name, value]) => value !== undefined && fields.some((field) => field === name),
  )
  return Object.fromEntries(entries) as Partial<T>
}
