import { z } from 'zod'

/** The first part of every ticket id, such as OPS. */
export const ProjectKey = z.string().regex(/^[A-Z][A-Z0-9]{1,9}$/)

/** Project key and number, such as OPS-12. */
export const TicketId = z.string().regex(/^[A-Z][A-Z0-9]{1,9}-[1-9]\d{0,8}$/)

export const Status = z.enum(['open', 'in_progress', 'waiting', 'resolved', 'closed'])
export type Status = z.infer<typeof Status>

/** The states in which somebody still has to do something. */
export const unresolved: readonly Status[] = ['open', 'in_progress', 'waiting']

/** P0 stops the business now, P1 hurts many today, P2 is the normal case, P3 can wait. */
export const Priority = z.enum(['P0', 'P1', 'P2', 'P3'])
export type Priority = z.infer<typeof Priority>

/** Names, not prose: what may stand in a label can carry no sentence to a model. */
export const Label = z.string().regex(/^[a-z0-9-]{1,40}$/)

/** An account, by login name or e-mail address. */
export const Account = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}(@[A-Za-z0-9.-]{1,63}\.[A-Za-z]{2,24})?$/)
export const Email = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9.-]{1,63}\.[A-Za-z]{2,24}$/)

/** The name of a template inside its project, such as bug. */
export const TemplateId = z.string().regex(/^[a-z0-9-]{1,40}$/)

/** How much of each field a ticket holds; characters are UTF-16 units, as in JSON Schema validators and in the store. */
export const limits = {
  titleCharsMin: 10,
  titleCharsMax: 120,
  descriptionCharsMin: 50,
  descriptionCharsMax: 10_000,
  criterionCharsMax: 300,
  criteriaMax: 20,
  labelsMax: 10,
} as const

/** What an answer shows of each text at most; the whole stands at the ticket's url. An answer has about 4,000 tokens. */
export const shown = {
  titleCharsMax: 200,
  descriptionCharsMax: 4000,
  criterionCharsMax: 300,
} as const

/** One ticket as a backend returns it. `title`, `description` and `acceptance_criteria` are text of people: never trusted. */
export interface Ticket {
  readonly tenant: string
  readonly ticket_id: string
  readonly project_key: string
  readonly status: Status
  readonly priority: Priority
  readonly labels: readonly string[]
  readonly title: string
  readonly description: string
  readonly acceptance_criteria: readonly string[]
  readonly template_id?: string | undefined
  readonly reporter_email?: string | undefined
  readonly assignee?: string | undefined
  /** ISO 8601 in UTC. */
  readonly created_at: string
  readonly updated_at: string
  readonly url: string
}
