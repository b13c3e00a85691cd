import { type AskOptions, ask, type Bundle } from './bundles.ts'
import { CliError } from './cli-error.ts'
import { faultCode } from './fault.ts'
import type { Terminal } from './terminal.ts'

/** What a sub-command of a bundle answered: JSON, as text and read. */
export interface JsonAnswer<T> {
  readonly code: number
  readonly text: string
  readonly value: T
  /** Sentences of the bundle beside its answer; none where it has the terminal itself. */
  readonly said: readonly string[]
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
    return { code: code ?? faultCode, text: stdout, value: JSON.parse(stdout) as T, said: sentencesOf(bundle, stderr) }
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
  return (words.length > 0 ? words : lines).map((line) => withoutName(bundle, line))
}

/** Not what Node itself may print. */
function sentencesOf(bundle: Bundle, stderr: string): string[] {
  const lines = stderr.split('\n').filter((line) => line.startsWith(`${bundle.name}: `))
  return lines.map((line) => withoutName(bundle, line))
}

function withoutName({ name }: Bundle, line: string): string {
  return line.startsWith(`${name}: `) ? line.slice(name.length + 2) : line
}
