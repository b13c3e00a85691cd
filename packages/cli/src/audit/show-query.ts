import { csvField } from '@postern/host/csv-field'
import { usageError } from '../cli-error.ts'
import { printable } from '../printable.ts'
import { table } from '../table.ts'
import { type Terminal, wrap } from '../terminal.ts'
import { when } from '../when.ts'
import type { QueryAnswer, Row, TrailReport } from './answers.ts'
import { count, showVerdict } from './show-report.ts'

const usual = ['time', 'principal', 'tool', 'targets', 'phase', 'outcome'] as const

/** @throws CliError with exit 2 for a column that there is not */
export function chosenColumns(
  text: string | undefined,
  known: readonly string[],
  all: readonly string[] = usual,
): readonly string[] {
  if (text === undefined) return all
  const chosen = text.split(',').map((name) => name.trim())
  const wrong = chosen.find((name) => !known.includes(name) && name !== 'outcome')
  if (wrong === undefined) return chosen
  throw usageError(`There is no column "${wrong.slice(0, 64)}". There are: ${[...known, 'outcome'].join(', ')}.`)
}

/** The answer for people, and what it rests on. */
export function showRows(terminal: Terminal, answer: QueryAnswer, columns: readonly string[]): void {
  if (answer.rows.length > 0) {
    table(
      terminal,
      columns,
      answer.rows.map((row) => columns.map((name) => cell(row, name))),
      ['time', 'seq'],
    )
    terminal.line()
  }
  for (const line of wrap(restsOn(answer), terminal.columns)) terminal.line(line)
  if (answer.verified.exit_code !== 0) showVerdict(terminal, answer.verified)
}

/** CSV; what the answer rests on must not get between the rows, so it goes to stderr. */
export function showCsv(terminal: Terminal, answer: QueryAnswer, columns: readonly string[]): void {
  const show = (fields: readonly string[]) => terminal.line(fields.map((value) => csvField(printable(value))).join(','))
  show(columns)
  for (const row of answer.rows) show(columns.map((name) => String(field(row, name))))
  terminal.note(restsOn(answer))
  if (answer.verified.exit_code !== 0)
    terminal.note('This trail does not verify as a whole: see "npm run postern -- audit verify".')
}

/** The answer with some columns only, for programs. */
export function withColumns(answer: QueryAnswer, columns: readonly string[]): QueryAnswer {
  const rows = answer.rows.map((row) => Object.fromEntries(columns.map((name) => [name, field(row, name)])))
  return { ...answer, columns, rows }
}

function field(row: Row, name: string): string | number {
  return name === 'outcome' ? outcome(row) : (row[name] ?? '')
}

function restsOn({ rows, total, verified }: QueryAnswer): string {
  const shown = rows.length < total ? `${rows.length.toLocaleString('en')} of ` : ''
  return `${shown}${count(total, 'record')}. Verified: ${rangesOf(verified)}.`
}

function rangesOf({ chains }: TrailReport): string {
  const ranges = chains.map(({ chain, from, to, checkpoint }) =>
    to < from
      ? `${chain} nothing`
      : `${chain} ${from}–${to} (${checkpoint === null ? 'not signed' : `signed up to ${checkpoint}`})`,
  )
  return ranges.join(', ') || 'nothing'
}

function cell(row: Row, name: string): string {
  const value = String(field(row, name))
  if (name === 'time') return when(value)
  // Who acted for whom belongs into one glance.
  return name === 'principal' && row['actor'] ? `${value} through ${row['actor']}` : value
}

/** Why a call was refused, or what became of it; of an event, its facts. */
function outcome(row: Row): string {
  const [code = '', reason = ''] = String(row['error']).split('/')
  const facts = row['tool'] ? '' : row['detail']
  const state = row['phase'] === 'approval' ? /\b(?:state|kind)=(\w+)/.exec(String(row['detail']))?.[1] : undefined
  const rule = row['decision'] === 'denied' ? row['rule'] : ''
  const suspicious = row['suspicious'] && `suspicious ${row['suspicious']}`
  const became = code || row['write'] === row['phase'] ? '' : row['write']
  return [code && `${code} ${reason}`, became, rule, state, facts, suspicious].filter(Boolean).join('; ')
}
