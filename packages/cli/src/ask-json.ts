import { type AskOptions, ask, type Bundle } from './bundles.ts'
import { CliError } from './cli-error.ts'
import type { Terminal } from './terminal.ts'

/** What a sub-command of a bundle answered: JSON, as text and read. */
export interface JsonAnswer<T> {
  readonly code: number
  readonly text: string
  readonly value: T
}

/**
 * Asks a bundle something that it answers with JSON.
 *
 * @throws CliError with what the bundle said, and its exit code, when it gave no answer
 */
export async function askJson<T>(
  bundle: Bundle,
  args: readonly string[],
  terminal: Terminal,
  options: AskOptions = {},
): Promise<JsonAnswer<T>> {
  const asking = ask(bundle, args, options)
  // A bundle that talks to the terminal itself shows its own progress.
  const answered = options.tellStderr ? asking : terminal.during(`asking ${bundle.name}`, asking)
  const { code, stdout, stderr } = await answered
  try {
    return { code: code ?? 1, text: stdout, value: JSON.parse(stdout) as T }
  } catch {
    throw new CliError(saidBy(bundle, stderr), code || 1)
  }
}

/**
 * What a bundle said to the person: without the name that it puts before its lines, which was just typed, and without
 * its log, unless there is nothing else.
 */
export function saidBy(bundle: Bundle, stderr: string): string[] {
  const lines = stderr.split('\n').filter(Boolean)
  const words = lines.filter((line) => !line.startsWith('{"level":'))
  return (words.length > 0 ? words : lines).map((line) =>
    line.startsWith(`${bundle.name}: `) ? line.slice(bundle.name.length + 2) : line,
  )
}
