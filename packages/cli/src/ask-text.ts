import { saidBy } from './ask-json.ts'
import { ask, type Bundle } from './bundles.ts'
import { CliError } from './cli-error.ts'
import type { Terminal } from './terminal.ts'

/**
 * Asks a bundle something that it answers in words.
 *
 * @returns them, without the last line end
 * @throws CliError with what the bundle said, and its exit code, when it gave no answer
 */
export async function askText(bundle: Bundle, args: readonly string[], terminal: Terminal): Promise<string> {
  const { code, stdout, stderr } = await terminal.during(`asking ${bundle.name}`, ask(bundle, args))
  if (code !== 0) throw new CliError(saidBy(bundle, stderr), code ?? 1)
  return stdout.trimEnd()
}
