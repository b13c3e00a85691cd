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
  const widths = fit(
    head.map((title, at) => Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0))),
    terminal.columns,
    head.map((title) => whole.includes(title)),
  )
  for (const line of lines(head, widths)) terminal.line(terminal.paint('bold', line))
  for (const row of cells) for (const line of lines(row, widths)) terminal.line(line)
}

/** Names and what stands behind them, one below the other. */
export function card(terminal: Terminal, fields: readonly (readonly [string, string | undefined])[]): void {
  const shown = fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, printable(value)] as const]))
  const width = Math.max(...shown.map(([name]) => name.length))
  const room = Math.max(columnCharsMin, terminal.columns - width - 2 * gap)
  for (const [name, value] of shown)
    for (const [at, line] of cellLines(value, room).entries())
      terminal.line(`  ${terminal.paint('dim', (at === 0 ? name : '').padEnd(width))}  ${line}`)
}

/** Takes from the widest column that may be broken until all fit. */
function fit(natural: readonly number[], columns: number, whole: readonly boolean[]): number[] {
  const widths = [...natural]
  const room = columns - gap * (widths.length - 1)
  for (let sum = widths.reduce((a, b) => a + b, 0); sum > room; sum--) {
    const widest = Math.max(...widths.filter((_, at) => !whole[at]))
    if (widest <= columnCharsMin) break
    widths[widths.findIndex((width, at) => width === widest && !whole[at])] = widest - 1
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
