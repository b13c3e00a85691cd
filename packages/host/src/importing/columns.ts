import { z } from 'zod'
import type { ImportReport, ImportRow } from '../server-definition.ts'

/** What is wrong in a file, and where. */
export type ImportFault = ImportReport['rejected'][number]

/** A text as an import takes it: what no store can hold is refused, everything else is kept as it is. */
export function importText(charsMax: number) {
  return z
    .string(`text of at most ${charsMax} characters`)
    .max(charsMax, `at most ${charsMax} characters`)
    .refine(
      (value) => value.isWellFormed() && !value.includes('\u0000'),
      'text without U+0000 and without broken characters',
    )
}

/** ISO 8601: a date, or a date with time and zone. Gives milliseconds since the epoch. */
export function importTime() {
  return z
    .string('a time such as 2026-01-31T08:30:00Z')
    .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/, 'a time such as 2026-01-31T08:30:00Z')
    .transform((value) => Date.parse(value))
    .refine((ms) => Number.isFinite(ms), 'a day that exists')
}

/** How the columns of a file are called to people. */
export interface ColumnWords {
  /** Such as tickets. */
  readonly noun: string
  readonly columns: Readonly<Record<string, string>>
  /** What a value of a column with a form of its own must look like: a pattern helps nobody with a spreadsheet. */
  readonly forms: Readonly<Record<string, string>>
}

/** Reads one line by a strict schema. Empty cells count as absent. */
export function readColumns<Shape extends z.ZodRawShape>(
  row: ImportRow,
  schema: z.ZodObject<Shape, z.core.$strict>,
  words: ColumnWords,
): { readonly values?: z.output<z.ZodObject<Shape, z.core.$strict>>; readonly faults: readonly ImportFault[] } {
  const given = new Map(
    Object.entries(row.values).filter(([, value]) => value !== '' && value !== null && value !== undefined),
  )
  const parsed = schema.safeParse(Object.fromEntries(given))
  if (parsed.success) return { values: parsed.data, faults: [] }
  return { faults: parsed.error.issues.flatMap((issue) => faultsOf(row.line, issue, given, words)) }
}

function faultsOf(
  line: number,
  issue: z.core.$ZodIssue,
  given: ReadonlyMap<string, unknown>,
  { noun, columns, forms }: ColumnWords,
): ImportFault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((column) => ({
      line,
      column: column.slice(0, 40),
      problem: `is no column of ${noun}; there are: ${Object.keys(columns).join(', ')}`,
    }))
  const column = String(issue.path[0] ?? '')
  const form = issue.code === 'invalid_format' || issue.code === 'invalid_value' ? forms[column] : undefined
  return [{ line, column, problem: given.has(column) ? `must be ${form ?? issue.message}` : 'is missing' }]
}
