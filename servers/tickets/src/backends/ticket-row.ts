import { fold } from '@postern/store'
import type { Priority, Status, Ticket } from '../domain/ticket.ts'
import type { TicketRow } from './tables.ts'

/** What a ticket needs to be stored beyond itself. */
export interface NewRow {
  readonly tenant: string
  readonly project_key: string
  readonly number: number
  readonly status: Status
  readonly priority: Priority
  readonly labels: readonly string[]
  readonly title: string
  readonly description: string
  readonly acceptance_criteria: readonly string[]
  readonly template_id?: string | undefined
  readonly reporter_email?: string | undefined
  readonly assignee?: string | undefined
}

/** A ticket as its row, without its times: a write takes them from the database, an import from the file. */
export function toRow(ticket: NewRow): Omit<TicketRow, 'created_at' | 'updated_at'> {
  const ticket_id = `${ticket.project_key}-${ticket.number}`
  return {
    tenant: ticket.tenant,
    project_key: ticket.project_key,
    number: ticket.number,
    ticket_id,
    status: ticket.status,
    priority: ticket.priority,
    labels: JSON.stringify(ticket.labels),
    title: ticket.title,
    description: ticket.description,
    acceptance_criteria: JSON.stringify(ticket.acceptance_criteria),
    template_id: ticket.template_id ?? null,
    reporter_email: ticket.reporter_email ?? null,
    assignee: ticket.assignee ?? null,
    search_text: fold(`${ticket_id}\n${ticket.title}\n${ticket.description}`),
  }
}

export function toTicket(row: Omit<TicketRow, 'search_text'>, urlBase: string): Ticket {
  return {
    tenant: row.tenant,
    ticket_id: row.ticket_id,
    project_key: row.project_key,
    status: row.status as Status,
    priority: row.priority as Priority,
    labels: JSON.parse(row.labels) as string[],
    title: row.title,
    description: row.description,
    acceptance_criteria: JSON.parse(row.acceptance_criteria) as string[],
    template_id: row.template_id ?? undefined,
    reporter_email: row.reporter_email ?? undefined,
    assignee: row.assignee ?? undefined,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
    url: `${urlBase}/${row.ticket_id}`,
  }
}
