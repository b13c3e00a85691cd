import { resolve } from 'node:path'
import { nearest } from '@postern/host/nearest'
import { ask, type Bundle, bundles, type Description, describeBundle, requireBuilt } from '../bundles.ts'
import { CliError, usageError } from '../cli-error.ts'
import type { Command } from '../command.ts'
import type { Terminal } from '../terminal.ts'

const rejectedShownMax = 20
const usage =
  'Usage: npm run postern -- import <what> <file.csv|file.json> --tenant <tenant> [--map <column>=<column in the file>]'

/** What a bundle's `import` writes to stdout. */
interface Report {
  readonly imported: number
  readonly rejected: readonly { readonly line: number; readonly column: string; readonly problem: string }[]
  /** How many there are, where not all are listed. */
  readonly rejectedTotal?: number
}

/** `import`: a person's own records into the embedded data of the server that keeps such records. */
export const importRecords: Command = {
  name: 'import',
  summary: 'your own records, from CSV or JSON, into the embedded data of a server',
  usage: [
    usage,
    '',
    'Loads all records of the file, or none: rejected lines are listed and nothing is changed then.',
    '  --tenant <tenant>  whom the records belong to; callers see records of their own tenant only',
    '  --map ours=theirs  a column that has another name in your file; may be repeated',
    'POSTERN_ENVIRONMENT and POSTERN_DATA choose the deployment, as they do for the server.',
  ],
  async run([what, file, ...rest], terminal) {
    if (what === undefined || what.startsWith('-'))
      throw usageError('Say what to import.', usage, await importable(terminal))
    const { bundle, description } = await find(what)
    if (file === undefined || file.startsWith('-'))
      throw usageError('Name the file, before the options.', usage, columnsOf(description))
    const imported = ask(bundle, ['import', resolve(file), ...rest], {
      tellStderr: process.stderr.isTTY,
      unlimited: true,
    })
    const { code, stdout, stderr } = await terminal.during(`importing ${file}`, imported)
    const report = parse(stdout)
    if (report === undefined) throw new CliError([...stderr.trim().split('\n'), columnsOf(description)].filter(Boolean))
    return tell(report, description, code ?? 1, terminal)
  },
}

async function describeAll(): Promise<{ bundle: Bundle; description: Description }[]> {
  const all = bundles()
  const built = all.filter((bundle) => bundle.built)
  if (built.length === 0) for (const bundle of all) requireBuilt(bundle)
  const described = await Promise.all(
    built.map(async (bundle) => ({ bundle, description: await describeBundle(bundle) })),
  )
  return described.filter(({ description }) => description.imports !== null)
}

async function importable(terminal: Terminal): Promise<string> {
  const all = await terminal.during('asking the servers', describeAll())
  return `There are: ${all.map(({ description }) => description.imports?.noun).join(', ')}.`
}

async function find(what: string): Promise<{ bundle: Bundle; description: Description }> {
  const all = await describeAll()
  const found = all.find(({ description }) => description.imports?.noun === what)
  if (found) return found
  const nouns = all.map(({ description }) => description.imports?.noun ?? '')
  const meant = nearest(what, nouns)
  throw usageError(
    `No server imports "${what.slice(0, 64)}".${meant ? ` Did you mean "${meant}"?` : ` There are: ${nouns.join(', ') || 'none'}.`}`,
  )
}

function columnsOf({ imports }: Description): string {
  const columns = Object.entries(imports?.columns ?? {})
  return ['Columns, with an example each:', ...columns.map(([name, example]) => `  ${name}: ${example}`)].join('\n')
}

function tell(report: Report, { title, imports }: Description, code: number, terminal: Terminal): number {
  const noun = imports?.noun ?? 'records'
  if (report.rejected.length === 0) {
    terminal.line(`${terminal.paint('green', '✓')} ${report.imported} ${noun} imported into ${title}.`)
    return code
  }
  const total = report.rejectedTotal ?? report.rejected.length
  terminal.line(`${terminal.paint('red', '✗')} Nothing was imported: ${total} ${total === 1 ? 'problem' : 'problems'}.`)
  for (const { line, column, problem } of report.rejected.slice(0, rejectedShownMax))
    terminal.line(`  line ${line}, ${column}: ${problem}`)
  const more = total - Math.min(report.rejected.length, rejectedShownMax)
  if (more > 0) terminal.line(`  … and ${more} more.`)
  terminal.line('Correct these lines and import the file again.')
  return code === 0 ? 1 : code
}

function parse(stdout: string): Report | undefined {
  try {
    return JSON.parse(stdout) as Report
  } catch {
    return undefined
  }
}
