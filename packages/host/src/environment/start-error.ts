/**
 * A process that cannot start as asked. `lines` are whole sentences for the person who started it: what is wrong,
 * where, and what to do. No stack trace is ever shown for it.
 */
export class StartError extends Error {
  readonly lines: readonly string[]

  constructor(...lines: readonly string[]) {
    super(lines.join('\n'))
    this.name = 'StartError'
    this.lines = lines
  }
}
