import { type Terminal, wrap } from '../terminal.ts'
import type { Data, Reply, Step } from './scene.ts'

const margin = '    '
const valueCharsMax = 56

/** The head of a step: what it is about, on which connection, and what is sent. */
export function showStep(terminal: Terminal, number: number, step: Step, who: string, sent: string): void {
  const left = `${String(number).padStart(2)}  ${step.title}`
  const gap = Math.max(2, terminal.columns - left.length - who.length)
  terminal.line()
  terminal.line(`${terminal.paint('bold', left)}${' '.repeat(gap)}${terminal.paint('dim', who)}`)
  const lines = wrap(sent, terminal.columns - margin.length - 2)
  for (const [index, line] of lines.entries())
    terminal.line(`${margin}${terminal.paint('cyan', index === 0 ? '→' : ' ')} ${line}`)
}

/** What came back. */
export function showReply(terminal: Terminal, reply: Reply, shown: readonly string[]): void {
  const lines = [...(reply.ok ? [] : [`${reply.code}: ${reply.message}`]), ...shown]
  for (const [index, text] of lines.entries())
    for (const [part, line] of wrap(text, terminal.columns - margin.length - 2).entries()) {
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

/** An input in one line: `project_key: OPS, text: vpn, limit: 3`. */
export function compact(input: Data): string {
  return Object.entries(input)
    .map(([name, value]) => `${name}: ${brief(value)}`)
    .join(', ')
}

/** A value in at most 56 characters. */
export function brief(value: unknown): string {
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\s+/g, ' ')
  return text.length > valueCharsMax ? `${text.slice(0, valueCharsMax - 1)}…` : text
}
