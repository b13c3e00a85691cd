import { createReadStream, readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { StartError } from '../environment/start-error.ts'
import { openDeployedStore } from '../open-backend.ts'
import type { MainContext } from '../serve.ts'
import type { ImportReport, ImportRow } from '../server-definition.ts'

const jsonBytesMax = 64 * 1024 * 1024
const rowsMax = 1_000_000

/**
 * `import <file.csv|file.json> --tenant <tenant> [--map <ours>=<column in the file> …]`: loads a person's own records
 * into the local backend, all of them or none. The report goes to stdout as JSON, progress to stderr.
 */
export async function importFile(context: MainContext): Promise<void> {
  const { importer } = context.server
  if (importer === undefined)
    throw new StartError(`${context.server.name} keeps no records of its own, so nothing can be imported.`)
  const { file, tenant, columns } = options(context.args, Object.keys(importer.columns))
  // The store alone: opening the backend could put its sample set beside a person's own records.
  const { store, environment } = await openDeployedStore(context)
  try {
    const report = await importer.load(rows(file, columns), environment.backend, {
      store,
      environment: environment.environment,
      signal: new AbortController().signal,
      tenant,
      onProgress: progress(),
    })
    process.stdout.write(`${JSON.stringify(report)}\n`)
    tell(report, importer.noun)
    if (report.rejected.length > 0) process.exitCode = 1
  } finally {
    await store.close()
  }
}

function tell(report: ImportReport, noun: string): void {
  const words =
    report.rejected.length === 0
      ? `imported ${report.imported} ${noun}.`
      : `${report.rejectedTotal} problems, nothing was imported. Correct the lines and import the file again.`
  process.stderr.write(`${words}\n`)
}

function options(args: readonly string[], ours: readonly string[]) {
  let file: string | undefined
  let tenant: string | undefined
  const columns = new Map<string, string>()
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? ''
    if (word === '--tenant') tenant = args[++i]
    else if (word === '--map') addMapping(columns, args[++i] ?? '', ours)
    else if (word.startsWith('--') || file !== undefined) throw new StartError(`import does not know ${word}. ${usage}`)
    else file = word
  }
  if (file === undefined) throw new StartError(`import needs a file. ${usage}`)
  if (tenant === undefined || !/^[A-Za-z0-9._-]{1,64}$/.test(tenant))
    throw new StartError(`import needs --tenant: every record belongs to one. ${usage}`)
  return { file, tenant, columns }
}

const usage = 'Usage: import <file.csv|file.json> --tenant <tenant> [--map <our column>=<column in the file>].'

function addMapping(columns: Map<string, string>, mapping: string, ours: readonly string[]): void {
  const [our = '', theirs] = mapping.split(/=(.*)/s)
  if (theirs === undefined || !ours.includes(our))
    throw new StartError(
      `--map ${mapping.slice(0, 80)} is not of the form <our column>=<column in the file>. Our columns: ${ours.join(', ')}.`,
    )
  columns.set(theirs, our)
}

async function* rows(file: string, columns: ReadonlyMap<string, string>): AsyncGenerator<ImportRow> {
  const rename = (values: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [columns.get(name) ?? name, value]))
  let count = 0
  for await (const row of extname(file) === '.json' ? fromJson(file) : fromCsv(file)) {
    if (++count > rowsMax) throw new StartError(`${file}: more than ${rowsMax} lines; split the file.`)
    yield { line: row.line, values: rename(row.values) }
  }
}

function* fromJson(file: string): Generator<ImportRow> {
  size(file)
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new StartError(`${file}: not valid JSON: ${error instanceof Error ? error.message.slice(0, 200) : ''}`)
  }
  if (!Array.isArray(value)) throw new StartError(`${file}: must be a JSON array of objects.`)
  for (const [index, values] of value.entries()) {
    if (typeof values !== 'object' || values === null || Array.isArray(values))
      throw new StartError(`${file}: item ${index + 1} is not an object.`)
    yield { line: index + 1, values: values as Record<string, unknown> }
  }
}

async function* fromCsv(file: string): AsyncGenerator<ImportRow> {
  size(file)
  const { parse } = await import('../csv.ts')
  const parser = createReadStream(file).pipe(parse())
  try {
    for await (const { record, info } of parser) yield { line: info.lines, values: record }
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(`${file}: not valid CSV: ${error instanceof Error ? error.message.slice(0, 200) : ''}`)
  }
}

function size(file: string): void {
  const bytes = statSync(file, { throwIfNoEntry: false })?.size
  if (bytes === undefined) throw new StartError(`${file} does not exist.`)
  if (extname(file) === '.json' && bytes > jsonBytesMax)
    throw new StartError(`${file}: a JSON file may have at most 64 MiB; use CSV.`)
}

/** A line on stderr every so often; only a terminal gets the moving one. */
function progress(): (rows: number) => void {
  let last = 0
  return (rows) => {
    if (!process.stderr.isTTY || Date.now() - last < 200) return
    last = Date.now()
    process.stderr.write(`\r${rows} lines read`)
  }
}
