import { nearest } from './environment/nearest.ts'
import { StartError } from './environment/start-error.ts'
import { checkVariables, type ProcessEnvironment } from './process-environment.ts'
import type { ServerDefinition } from './server-definition.ts'

const commands = ['describe', 'contract', 'doctor', 'import', 'migrate'] as const

/**
 * The whole program of a server bundle: stdio by default, `--http`, or one of the sub-commands.
 *
 * @param server the definition; @param directory where `main` stands, to find a checkout's development file
 */
export async function serve<Config, Ports extends object>(
  server: ServerDefinition<Config, Ports>,
  directory: string,
): Promise<void> {
  const definition = server as unknown as ServerDefinition
  try {
    checkVariables(process.env)
    await run(definition, directory, process.argv.slice(2), process.env)
  } catch (error) {
    const lines =
      error instanceof StartError ? error.lines : ['could not start because of a fault of its own.', stack(error)]
    process.stderr.write(`${lines.map((line) => `${server.name}: ${line}`).join('\n')}\n`)
    process.exitCode = 1
  }
}

async function run(
  server: ServerDefinition,
  directory: string,
  args: readonly string[],
  env: ProcessEnvironment,
): Promise<void> {
  const [first, ...rest] = args
  const context = { server, directory, env, args: rest }
  switch (first) {
    case undefined:
      return (await import('./serve-stdio.ts')).main(context)
    case '--http':
      noMore(rest)
      return (await import('./serve-http.ts')).main(context)
    case 'describe':
      return (await import('./commands/describe.ts')).describe(context)
    case 'contract':
      return (await import('./commands/describe.ts')).contract(context)
    case 'doctor':
      return (await import('./commands/doctor.ts')).doctor(context)
    case 'import':
      return (await import('./commands/import.ts')).importFile(context)
    case 'migrate':
      return (await import('./commands/migrate.ts')).migrate(context)
    default:
      throw new StartError(unknownWord(first))
  }
}

/** What every way of starting gets. */
export interface MainContext {
  readonly server: ServerDefinition
  /** Where the bundle's main stands. */
  readonly directory: string
  readonly env: ProcessEnvironment
  readonly args: readonly string[]
}

function noMore(args: readonly string[]): void {
  if (args[0] !== undefined) throw new StartError(unknownWord(args[0]))
}

function unknownWord(word: string): string {
  const words = ['--http', ...commands]
  const meant = nearest(word, words)
  return `there is no ${word.slice(0, 64)} here.${meant ? ` Did you mean ${meant}?` : ''} Without a word it serves stdio; there are: ${words.join(', ')}.`
}

const stack = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
