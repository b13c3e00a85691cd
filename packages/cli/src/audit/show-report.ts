import { printable } from '../printable.ts'
import { table } from '../table.ts'
import { type Terminal, wrap } from '../terminal.ts'
import { when } from '../when.ts'
import type { TrailReport, VerifyAnswer } from './answers.ts'

const openShownMax = 10

/** Everything that `verify` found out, in the order in which it matters. */
export function showVerified(terminal: Terminal, answer: VerifyAnswer): void {
  for (const [at, trail] of answer.trails.entries()) {
    if (at > 0) terminal.line()
    terminal.line(terminal.paint('bold', `${answer.server}, ${answer.environment}: ${printable(trail.place)}`))
    if (answer.export)
      terminal.line(
        `an export of ${when(answer.export.made)}, from ${when(answer.export.since)} to ${when(answer.export.until)}`,
      )
    showTrail(terminal, answer.server, trail)
  }
}

function showTrail(terminal: Terminal, server: string, trail: TrailReport): void {
  showVerdict(terminal, trail)
  if (trail.chains.length > 0) {
    terminal.line()
    table(
      terminal,
      ['chain', 'verified records', 'last signed'],
      trail.chains.map(({ chain, from, to, checkpoint }) => [
        chain,
        to < from ? 'none' : `${from}–${to}`,
        checkpoint === null ? 'none' : String(checkpoint),
      ]),
    )
  }
  showOpen(terminal, server, trail)
  for (const { id, reason, by, since } of trail.holds)
    paragraph(terminal, `Legal hold ${id} since ${when(since)}, by ${by}: ${reason}`)
  if (trail.unreadable_checkpoints > 0)
    paragraph(terminal, `${trail.unreadable_checkpoints} lines among the checkpoints cannot be read.`)
  if (trail.records === 0 || trail.undetectable.length === 0) return
  terminal.line()
  terminal.line('What would not have shown:')
  for (const { kinds, why } of trail.undetectable) bullet(terminal, `${kinds.join(', ')}: ${why}`)
}

/** One line that says it all, and one for each finding. */
export function showVerdict(terminal: Terminal, { exit_code, findings, records }: TrailReport): void {
  const torn = findings.filter(({ kind }) => kind === 'torn tail').length
  const verdicts = {
    0: () => terminal.paint('green', `✓ intact: ${count(records, 'record')}`),
    1: () => terminal.paint('red', `✗ tampered with; ${count(records, 'record')} before it can be relied on`),
    2: () => terminal.paint('yellow', '! nothing is recorded here, so nothing was verified'),
    3: () =>
      terminal.paint(
        'yellow',
        `! intact: ${count(records, 'record')}, and ${count(torn, 'unfinished line')} of a crash`,
      ),
  }
  terminal.line((verdicts[exit_code as keyof typeof verdicts] ?? verdicts[1])())
  for (const { kind, chain, seq, through, what } of findings) {
    const mark = kind === 'torn tail' ? terminal.paint('yellow', '!') : terminal.paint('red', '✗')
    const where = through === undefined || through === seq ? `record ${seq}` : `records ${seq}–${through}`
    const text = `${kind}, ${chain}, ${where}: ${printable(what)}`
    for (const [at, line] of wrap(text, terminal.columns - 4).entries())
      terminal.line(`  ${at === 0 ? mark : ' '} ${line}`)
  }
}

function showOpen(terminal: Terminal, server: string, { open }: TrailReport): void {
  if (open.length === 0) return
  paragraph(
    terminal,
    `${count(open.length, 'write')} without a recorded end: running, or left by a process that was killed; those are closed within about a minute when their claims have ended.`,
  )
  for (const { request, time, target } of open.slice(0, openShownMax))
    bullet(terminal, `${target}, request ${request}, ${when(time)}`)
  if (open.length > openShownMax) bullet(terminal, `and ${open.length - openShownMax} more`)
  terminal.line(`See: npm run postern -- writes ${server} list`)
}

function paragraph(terminal: Terminal, text: string): void {
  terminal.line()
  for (const line of wrap(printable(text), terminal.columns)) terminal.line(line)
}

function bullet(terminal: Terminal, text: string): void {
  for (const [at, line] of wrap(printable(text), terminal.columns - 4).entries())
    terminal.line(`  ${at === 0 ? '-' : ' '} ${line}`)
}

export function count(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`
}
