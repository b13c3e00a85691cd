import { z } from 'zod'
import { unused } from '../domain/draft.ts'
import { draftOrFields, proposed } from '../domain/draft-or-fields.ts'
import { about } from '../domain/proposal.ts'
import { acceptable } from '../domain/quality/acceptable.ts'
import { assess } from '../domain/quality/assess.ts'
import { QualityIssue } from '../domain/quality/issue.ts'
import { reporterEmail } from '../domain/reporter-email.ts'
import { limits, TicketId } from '../domain/ticket.ts'
import { defineTool } from '../tool.ts'

const { title, description, acceptance_criteria } = draftOrFields

/**
 * Opens one ticket.
 *
 * Deliberately absent: assignee and watchers. Naming a person makes most trackers send mail, and telling people is a
 * tool of its own with a scope of its own.
 */
export const createTicket = defineTool({
  name: 'create_ticket',
  version: '1.0.0',
  title: 'Create ticket',
  description:
    'Opens a ticket, from draft_id or from complete fields: project_key, title, description, priority and acceptance_criteria. Call search_tickets first: a duplicate is worse than no ticket. For a first attempt use draft_ticket.',
  effect: 'write',
  scope: 'tickets:write',

  input: z.strictObject({
    ...draftOrFields,
    title: title.unwrap().min(limits.titleCharsMin).optional().describe(about.title),
    description: description.unwrap().min(limits.descriptionCharsMin).optional().describe(about.description),
    acceptance_criteria: acceptance_criteria.unwrap().min(1).optional().describe(about.acceptance_criteria),
  }),

  output: z.strictObject({
    ticket: z.strictObject({ ticket_id: TicketId, url: z.url(), issues: z.array(QualityIssue) }),
  }),

  async handler(input, { principal, ports, signal, effect }) {
    const proposal = unused(await proposed(input, ports, signal), effect.key)
    const { ticket, warnings } = acceptable(proposal, await assess(proposal, ports, signal))
    const { item } = await ports.tickets.create(
      { ...ticket, draft_id: input.draft_id, reporter_email: reporterEmail(principal) },
      { signal, effect },
    )
    return { ticket: { ticket_id: item.ticket_id, url: item.url, issues: warnings } }
  },
})
