/** A command that cannot do what was asked. `lines` are whole sentences: what is wrong, where, and what to do. */
export class CliError extends Error {
  readonly lines: readonly string[]
  readonly exitCode: number

  constructor(lines: readonly string[], exitCode = 1) {
    super(lines.join('\n'))
    this.name = 'CliError'
    this.lines = lines
    this.exitCode = exitCode
  }
}

/** A command line that makes no sense; exit 2, so that a script can tell it from a failure. */
export function usageError(...lines: readonly string[]): CliError {
  return new CliError(lines, 2)
}
