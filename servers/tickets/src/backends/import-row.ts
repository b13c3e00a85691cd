import type { ImportRow } from '@postern/host'
import { z } from 'zod'
import { Account, Email, Label, limits, Priority, ProjectKey, Status, TemplateId, TicketId } from '../domain/ticket.ts'
import { importColumns } from './import-columns.ts'

/** What is wrong in a file, and where. */
export interface Fault {
  readonly line: number
  readonly column: string
  readonly problem: string
}

/** Tickets from other trackers are older than our rules: what an old one lacks is no reason to leave it behind. */
const titleCharsMax = 255
const descriptionCharsMax = 32_767

const text = (charsMax: number) =>
  z
    .string(`text of at most ${charsMax} characters`)
    .max(charsMax, `at most ${charsMax} characters`)
    .refine(
      (value) => value.isWellFormed() && !value.includes('\u0000'),
      'text without U+0000 and without broken characters',
    )

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

/** ISO 8601: a date, or a date with time and zone. */
const time = z
  .string('a time such as 2026-01-31T08:30:00Z')
  .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/, 'a time such as 2026-01-31T08:30:00Z')
  .transform((value) => Date.parse(value))
  .refine((ms) => Number.isFinite(ms), 'a day that exists')

const Columns = z.strictObject({
  ticket_id: TicketId.optional(),
  project_key: ProjectKey,
  title: text(titleCharsMax).trim().min(1, 'a title'),
  description: text(descriptionCharsMax).default(''),
  status: Status.default('open'),
  priority: Priority.default('P3'),
  labels: list(/[,;\s]+/, Label, limits.labelsMax, 'labels such as "backup, storage"').default([]),
  acceptance_criteria: list(/\r?\n/, text(limits.criterionCharsMax), limits.criteriaMax, 'a list of texts').default([]),
  template_id: TemplateId.optional(),
  reporter_email: Email.optional(),
  assignee: Account.optional(),
  created_at: time.optional(),
  updated_at: time.optional(),
})

/** What a value of a column with a form of its own must look like, in words: a pattern helps nobody with a spreadsheet. */
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
): { readonly ticket?: ImportedTicket; readonly faults: readonly Fault[] } {
  const values = Object.entries(row.values).filter(([, value]) => value !== '' && value !== null && value !== undefined)
  const given = new Map(values)
  const parsed = Columns.safeParse(Object.fromEntries(given))
  if (!parsed.success) return { faults: parsed.error.issues.flatMap((issue) => faultsOf(row.line, issue, given)) }
  const { ticket_id, created_at = parsed.data.updated_at ?? now, updated_at = created_at, ...rest } = parsed.data
  const faults: Fault[] = []
  if (ticket_id !== undefined && !ticket_id.startsWith(`${rest.project_key}-`))
    faults.push({ line: row.line, column: 'ticket_id', problem: 'does not begin with the project_key of its line' })
  if (updated_at < created_at) faults.push({ line: row.line, column: 'updated_at', problem: 'is before created_at' })
  if (faults.length > 0) return { faults }
  const number = ticket_id === undefined ? {} : { number: Number(ticket_id.slice(rest.project_key.length + 1)) }
  return { ticket: { ...rest, ...number, created_at, updated_at }, faults }
}

function faultsOf(line: number, issue: z.core.$ZodIssue, given: ReadonlyMap<string, unknown>): Fault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((column) => ({
      line,
      column: column.slice(0, 40),
      problem: `is no column of tickets; there are: ${Object.keys(importColumns).join(', ')}`,
    }))
  const column = String(issue.path[0] ?? '')
  const form = issue.code === 'invalid_format' || issue.code === 'invalid_value' ? forms[column] : undefined
  return [{ line, column, problem: given.has(column) ? `must be ${form ?? issue.message}` : 'is missing' }]
}
