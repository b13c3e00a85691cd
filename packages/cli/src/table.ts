import { longest } from './longest.ts'
import { printable } from './printable.ts'
import { type Terminal, wrap } from './terminal.ts'

const gap = 2
const columnCharsMin = 8

/**
 * Prints rows under a head. What does not fit on a line goes on below, in its own column; nothing is cut off.
 *
 * @param whole heads of columns that are never broken, such as times
 */
export function table(
  terminal: Terminal,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  whole: readonly string[] = [],
): void {
  const cells = rows.map((row) => row.map(printable))
  const texts = head.map((title, at) => [title, ...cells.map((row) => row[at] ?? '')])
  const widths = fit(
    texts.map((column, at) => widthOf(column, whole.includes(head[at] ?? ''))),
    terminal.columns - gap * (head.length - 1),
  )
  for (const line of lines(head, widths)) terminal.line(terminal.paint('bold', line))
  for (const row of cells) for (const line of lines(row, widths)) terminal.line(line)
}

/** Names and what stands behind them, one below the other. */
export function card(terminal: Terminal, fields: readonly (readonly [string, string | undefined])[]): void {
  const shown = fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, printable(value)] as const]))
  const width = longest(shown.map(([name]) => name))
  const room = Math.max(columnCharsMin, terminal.columns - width - 2 * gap)
  for (const [name, value] of shown)
    for (const [at, line] of cellLines(value, room).entries())
      terminal.line(`  ${terminal.paint('dim', (at === 0 ? name : '').padEnd(width))}  ${line}`)
}

interface Width {
  readonly natural: number
  /** Of the longest word: to go below breaks it. */
  readonly words: number
  readonly least: number
}

function widthOf(column: readonly string[], whole: boolean): Width {
  const natural = longest(column)
  const words = whole ? natural : longest(column.flatMap((text) => text.split(' ')))
  return { natural, words, least: whole ? natural : Math.min(natural, columnCharsMin) }
}

/** Takes from the widest column until all fit; first as far as words stay whole, then as far as it has to be. */
function fit(columns: readonly Width[], room: number): number[] {
  const widths = columns.map(({ natural }) => natural)
  let sum = widths.reduce((a, b) => a + b, 0)
  for (const limit of ['words', 'least'] as const)
    for (; sum > room; sum--) {
      const able = columns.map((column, at) => ((widths[at] ?? 0) > column[limit] ? (widths[at] ?? 0) : 0))
      const widest = Math.max(...able)
      if (widest === 0) break
      widths[able.indexOf(widest)] = widest - 1
    }
  return widths
}

function lines(row: readonly string[], widths: readonly number[]): string[] {
  const cells = widths.map((width, at) => cellLines(row[at] ?? '', width))
  const height = Math.max(...cells.map((cell) => cell.length))
  return Array.from({ length: height }, (_, at) =>
    cells
      .map((cell, column) => (cell[at] ?? '').padEnd(widths[column] ?? 0))
      .join(' '.repeat(gap))
      .trimEnd(),
  )
}

/** At spaces where there are any; an id that is too long is broken where the column ends. */
function cellLines(text: string, width: number): string[] {
  return wrap(text, width).flatMap((line) =>
    line.length <= width
      ? [line]
      : Array.from({ length: Math.ceil(line.length / width) }, (_, at) => line.slice(at * width, (at + 1) * width)),
  )
}
