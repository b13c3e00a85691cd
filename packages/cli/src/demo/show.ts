import { longest } from '../longest.ts'
import { type Terminal, wrap } from '../terminal.ts'
import type { Data, Reply } from './scene.ts'

const margin = '    '
const valueCharsMax = 56

/** What a step sends: a name, and the fields behind it. */
export interface Sent {
  readonly name: string
  readonly input?: Data
}

/** The head of a step: what it is about, on which connection, and what is sent. */
export function showStep(terminal: Terminal, number: number, title: string, who: string, sent: Sent): void {
  const left = `${String(number).padStart(2)}  ${title}`
  const gap = Math.max(2, terminal.columns - left.length - who.length)
  terminal.line()
  terminal.line(`${terminal.paint('bold', left)}${' '.repeat(gap)}${terminal.paint('dim', who)}`)
  const fields = Object.entries(sent.input ?? {}).map(([name, value]) => [name, brief(value)] as const)
  const oneLine = `${sent.name}  ${fields.map(([name, value]) => `${name}: ${value}`).join(', ')}`.trimEnd()
  const arrow = terminal.paint('cyan', '→')
  if (oneLine.length <= terminal.columns - margin.length - 2) {
    terminal.line(`${margin}${arrow} ${oneLine}`)
    return
  }
  terminal.line(`${margin}${arrow} ${sent.name}`)
  const width = longest(fields.map(([name]) => name))
  for (const [name, value] of fields) terminal.line(`${margin}    ${name.padEnd(width)}  ${value}`)
}

/** What came back. */
export function showReply(terminal: Terminal, reply: Reply, shown: readonly string[]): void {
  const lines = [...(reply.ok ? [] : [`${reply.code}: ${reply.message}`]), ...shown]
  // What goes on below is set in by two more.
  for (const [index, text] of lines.entries())
    for (const [part, line] of wrap(text, terminal.columns - margin.length - 4).entries()) {
      const mark = index + part === 0 ? terminal.paint(reply.ok ? 'green' : 'yellow', '←') : ' '
      terminal.line(`${margin}${mark} ${part > 0 ? '  ' : ''}${line}`)
    }
}

/** Whether it came out as it should, and why it matters. */
export function showVerdict(terminal: Terminal, why: string, fault: string | undefined): void {
  const [mark, style, text] = fault === undefined ? (['✓', 'green', why] as const) : (['✗', 'red', fault] as const)
  for (const [index, line] of wrap(text, terminal.columns - margin.length - 2).entries())
    terminal.line(`${margin}${terminal.paint(style, index === 0 ? mark : ' ')} ${terminal.paint('dim', line)}`)
}

/** A value in at most 56 characters. */
export function brief(value: unknown): string {
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\s+/g, ' ')
  return text.length > valueCharsMax ? `${text.slice(0, valueCharsMax - 1)}…` : text
}
