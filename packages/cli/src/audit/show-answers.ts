import { printable } from '../printable.ts'
import { table } from '../table.ts'
import { type Terminal, wrap } from '../terminal.ts'
import { when } from '../when.ts'
import type { ExportAnswer, HashAnswer, Hold, HoldAnswer, PruneAnswer } from './answers.ts'
import { count, showVerdict } from './show-report.ts'

export function showHashes(terminal: Terminal, { hashes, server }: HashAnswer): void {
  table(
    terminal,
    ['key', 'hash of', 'keyed hash'],
    hashes.map(({ key_id, of, hmac }) => [key_id, of === 'text' ? 'the text as it is' : 'canonical arguments', hmac]),
  )
  terminal.note(`\nWhether it occurs: npm run postern -- audit query ${server} --hash <keyed hash>`)
}

export function showExport(terminal: Terminal, answer: ExportAnswer): void {
  const { file, records, since, until, signed, verified } = answer
  terminal.line(`${count(records, 'record')} from ${when(since)} to ${when(until)}: ${printable(file)}`)
  // Nothing proves records of a trail that was tampered with.
  if (verified.exit_code !== 1)
    terminal.line(
      signed
        ? 'A signed checkpoint proves them; they reach on to it, so there may be more than were asked for.'
        : 'No checkpoint was signed yet, so nothing but their own chain proves them.',
    )
  if (verified.exit_code !== 0) showVerdict(terminal, verified)
  terminal.note(`\nTo verify: npm run postern -- audit verify --export ${printable(file)} --public-key <file>`)
}

export function showPruned(terminal: Terminal, { trails, retention }: PruneAnswer): void {
  for (const { place, holds, kept_from, refused } of trails) {
    terminal.line(terminal.paint('bold', printable(place)))
    const kept = Object.entries(kept_from).map(([chain, seq]) => `${chain} begins at record ${seq} now`)
    if (refused !== undefined) say(terminal, terminal.paint('red', '✗'), refused)
    for (const hold of holds) say(terminal, terminal.paint('yellow', '!'), `nothing was pruned: ${inWords(hold)}`)
    for (const line of kept) say(terminal, terminal.paint('green', '✓'), line)
    if (refused === undefined && holds.length + kept.length === 0)
      say(terminal, terminal.paint('green', '✓'), `nothing that could be removed is older than ${retention}`)
  }
}

export function showHolds(terminal: Terminal, { holds }: HoldAnswer): void {
  terminal.line(
    holds.length === 0
      ? 'No legal hold stands; records older than audit.retention may be pruned.'
      : 'Nothing is pruned while these stand:',
  )
  for (const hold of holds) say(terminal, '-', inWords(hold))
}

const inWords = ({ id, reason, by, since }: Hold): string =>
  `legal hold ${id} since ${when(since)}, by ${by}: ${reason}`

function say(terminal: Terminal, mark: string, text: string): void {
  for (const [at, line] of wrap(printable(text), terminal.columns - 4).entries())
    terminal.line(`  ${at === 0 ? mark : ' '} ${line}`)
}
