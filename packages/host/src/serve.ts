import { ToolError } from '@postern/errors'
import type { WriteTrial } from './assemble.ts'
import { nearest } from './environment/nearest.ts'
import { StartError } from './environment/start-error.ts'
import { checkVariables, type ProcessEnvironment } from './process-environment.ts'
import type { ServerDefinition } from './server-definition.ts'

type Command = (context: MainContext) => void | Promise<void>

/** The sub-commands, each loaded when it is asked for. What `postern` needs of a server, it asks here. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  access: async () => (await import('./commands/access.ts')).access,
  approvals: async () => (await import('./commands/approvals.ts')).approvals,
  audit: async () => (await import('./commands/audit.ts')).audit,
  contract: async () => (await import('./commands/describe.ts')).contract,
  describe: async () => (await import('./commands/describe.ts')).describe,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  import: async () => (await import('./commands/import.ts')).importFile,
  migrate: async () => (await import('./commands/migrate.ts')).migrate,
  secrets: async () => (await import('./commands/secrets.ts')).secrets,
  token: async () => (await import('./commands/token.ts')).token,
  writes: async () => (await import('./commands/writes.ts')).writes,
}

/**
 * The whole program of a server bundle: stdio by default, `--http`, or one of the sub-commands.
 *
 * @param server the definition; @param directory where `main` stands, to find a checkout's development file
 * @param writes for tests that crash a server; a bundle never passes it
 */
export async function serve<Config, Ports extends object>(
  server: ServerDefinition<Config, Ports>,
  directory: string,
  writes?: WriteTrial,
): Promise<void> {
  const definition = server as unknown as ServerDefinition
  try {
    checkVariables(process.env)
    const [word, ...args] = process.argv.slice(2)
    await run(word, { server: definition, directory, env: process.env, args, writes })
  } catch (error) {
    const lines = forOperator(error)
    process.stderr.write(`${lines.map((line) => `${server.name}: ${line}`).join('\n')}\n`)
    process.exitCode = 1
  }
}

async function run(first: string | undefined, context: MainContext): Promise<void> {
  if (first === undefined) return (await import('./serve-stdio.ts')).main(context)
  if (first === '--http') {
    if (context.args[0] !== undefined) throw new StartError(unknownWord(context.args[0]))
    return (await import('./serve-http.ts')).main(context)
  }
  const command = Object.hasOwn(commands, first) ? commands[first] : undefined
  if (command === undefined) throw new StartError(unknownWord(first))
  return (await command())(context)
}

/** What every way of starting gets. */
export interface MainContext {
  readonly server: ServerDefinition
  /** Where the bundle's main stands. */
  readonly directory: string
  readonly env: ProcessEnvironment
  readonly args: readonly string[]
  readonly writes?: WriteTrial | undefined
}

function unknownWord(word: string): string {
  const words = ['--http', ...Object.keys(commands)]
  const meant = nearest(word, words)
  // Not repeated as a whole: it may be a token that somebody put here instead of into POSTERN_TOKEN_FILE.
  const shown = /^[\w-]{1,24}/.exec(word)?.[0] ?? 'such word'
  return `there is no ${shown} here.${meant ? ` Did you mean ${meant}?` : ''} Without a word it serves stdio; there are: ${words.join(', ')}.`
}

/** Errors of packages whose message is a sentence for the operator. */
const sentences: ReadonlySet<string> = new Set(['CredentialError', 'IdentityError', 'StoreFault', 'AuditFault'])

/** What the person who started this can act on; a stack only where the fault is ours. */
export function forOperator(error: unknown): readonly string[] {
  if (error instanceof StartError) return error.lines
  if (error instanceof Error && sentences.has(error.name)) return [error.message]
  if (error instanceof Error && error.cause instanceof Error && sentences.has(error.cause.name))
    return [error.cause.message]
  if (error instanceof ToolError) return [error.message, error.nextStep]
  return [
    'could not start because of a fault of its own.',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  ]
}
