import type { Terminal } from './terminal.ts'

/** One word of `postern`. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** What may stand behind the name, and what it means. */
  readonly usage: readonly string[]
  /** @returns the exit code: 0 when all is well, 1 when something is not, 2 for a command line that makes no sense */
  run(args: readonly string[], terminal: Terminal): Promise<number>
}
