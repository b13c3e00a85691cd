import { nearest } from '@postern/host/nearest'
import { CliError, usageError } from './cli-error.ts'
import type { Command } from './command.ts'
import { access } from './commands/access.ts'
import { approvals } from './commands/approvals.ts'
import { audit } from './commands/audit.ts'
import { claudeDesktop } from './commands/claude-desktop.ts'
import { demo } from './commands/demo.ts'
import { doctor } from './commands/doctor.ts'
import { importRecords } from './commands/import.ts'
import { migrate } from './commands/migrate.ts'
import { secrets } from './commands/secrets.ts'
import { token } from './commands/token.ts'
import { writes } from './commands/writes.ts'
import { faultCode, faultLines } from './fault.ts'
import { longest } from './longest.ts'
import { createTerminal, type Terminal } from './terminal.ts'

/** In the order in which a newcomer needs them. */
const commands: readonly Command[] = [
  demo,
  claudeDesktop,
  doctor,
  importRecords,
  migrate,
  access,
  token,
  secrets,
  approvals,
  writes,
  audit,
]

/** The whole program: picks the command, runs it, and turns what is thrown into words. Answers with the exit code. */
export async function main(
  args: readonly string[],
  terminal: Terminal = createTerminal(process.stdout, process.stderr),
): Promise<number> {
  try {
    return await run(args, terminal)
  } catch (error) {
    const known = error instanceof CliError
    for (const line of known ? error.lines : faultLines(error)) terminal.note(line)
    return known ? error.exitCode : faultCode
  }
}

async function run([name, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === undefined) {
    overview(terminal.note)
    return 2
  }
  if (['help', '--help', '-h'].includes(name)) return help(rest[0], terminal)
  const command = find(name)
  if (rest.includes('--help') || rest.includes('-h')) return help(name, terminal)
  return command.run(rest, terminal)
}

function help(name: string | undefined, terminal: Terminal): number {
  if (name === undefined) overview((text) => terminal.line(text))
  else for (const line of find(name).usage) terminal.line(line)
  return 0
}

function overview(say: (text: string) => void): void {
  const width = longest(commands.map((command) => command.name))
  say('Usage: npm run postern -- <command> [options]\n')
  for (const { name, summary } of commands) say(`  ${name.padEnd(width)}  ${summary}`)
  say(`\n  ${'help'.padEnd(width)}  this list, or with the name of a command what may stand behind it`)
}

function find(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name)
  if (command !== undefined) return command
  const names = [...commands.map((candidate) => candidate.name), 'help']
  const meant = nearest(name, names)
  throw usageError(
    `There is no command "${name.slice(0, 64)}".${meant ? ` Did you mean "${meant}"?` : ` There are: ${names.join(', ')}.`}`,
  )
}
