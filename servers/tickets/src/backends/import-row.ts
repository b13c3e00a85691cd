import type { ImportRow } from '@postern/host'
import { type ImportFault, importText, importTime, readColumns } from '@postern/host/importing'
import { z } from 'zod'
import { Account, Email, Label, limits, Priority, ProjectKey, Status, TemplateId, TicketId } from '../domain/ticket.ts'
import { importColumns } from './import-columns.ts'

/** Tickets from other trackers are older than our rules: what an old one lacks is no reason to leave it behind. */
const titleCharsMax = 255
const descriptionCharsMax = 32_767

/** A JSON list, or a cell whose parts stand between separators. */
const list = (separator: RegExp, item: z.ZodType<string>, max: number, what: string) =>
  z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value
            .split(separator)
            .map((part) => part.trim())
            .filter(Boolean)
        : value,
    z.array(item, what).max(max, `at most ${max} of them`),
  )

const Columns = z.strictObject({
  ticket_id: TicketId.optional(),
  project_key: ProjectKey,
  title: importText(titleCharsMax).trim().min(1, 'a title'),
  description: importText(descriptionCharsMax).default(''),
  status: Status.default('open'),
  priority: Priority.default('P3'),
  labels: list(/[,;\s]+/, Label, limits.labelsMax, 'labels such as "backup, storage"').default([]),
  acceptance_criteria: list(
    /\r?\n/,
    importText(limits.criterionCharsMax),
    limits.criteriaMax,
    'a list of texts',
  ).default([]),
  template_id: TemplateId.optional(),
  reporter_email: Email.optional(),
  assignee: Account.optional(),
  created_at: importTime().optional(),
  updated_at: importTime().optional(),
})

const forms: Readonly<Record<string, string>> = {
  ticket_id: 'an id such as OPS-12',
  project_key: 'a project key of 2 to 10 capital letters and digits, such as OPS',
  status: `one of ${Status.options.join(', ')}`,
  priority: `one of ${Priority.options.join(', ')}`,
  labels: 'labels of small letters, digits and dashes, such as "backup, storage"',
  template_id: 'a template id of small letters, digits and dashes, such as bug',
  reporter_email: 'an e-mail address',
  assignee: 'a login name or an e-mail address',
}

export type ImportedTicket = Omit<z.output<typeof Columns>, 'ticket_id' | 'created_at' | 'updated_at'> & {
  /** Of the ticket_id; absent where the file gives none. */
  readonly number?: number
  readonly created_at: number
  readonly updated_at: number
}

/**
 * Reads one line. Empty cells count as absent.
 *
 * @param now milliseconds since the epoch, for lines without times
 */
export function readRow(
  row: ImportRow,
  now: number,
): { readonly ticket?: ImportedTicket; readonly faults: readonly ImportFault[] } {
  const { values, faults } = readColumns(row, Columns, { noun: 'tickets', columns: importColumns, forms })
  if (values === undefined) return { faults }
  const { ticket_id, created_at = values.updated_at ?? now, updated_at = created_at, ...rest } = values
  const wrong: ImportFault[] = []
  if (ticket_id !== undefined && !ticket_id.startsWith(`${rest.project_key}-`))
    wrong.push({ line: row.line, column: 'ticket_id', problem: 'does not begin with the project_key of its line' })
  if (updated_at < created_at) wrong.push({ line: row.line, column: 'updated_at', problem: 'is before created_at' })
  if (wrong.length > 0) return { faults: wrong }
  const number = ticket_id === undefined ? {} : { number: Number(ticket_id.slice(rest.project_key.length + 1)) }
  return { ticket: { ...rest, ...number, created_at, updated_at }, faults: [] }
}
