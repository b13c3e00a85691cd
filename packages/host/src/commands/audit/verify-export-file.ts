import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type ExportHeader, verifyExport } from '@postern/audit'
import { StartError } from '../../environment/start-error.ts'
import { askAboutKey } from './key-question.ts'
import { publicKeysIn } from './opened-trails.ts'
import { printJson, trailReport } from './trail-report.ts'

/** Needs no environment file and no data directory: an export is judged by itself and a public key. */
export async function verifyExportFile(file: string, keyFile: string | undefined): Promise<void> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new StartError(`${file} does not exist.`)
  const header = await headerOf(file)
  const trusted = keyFile === undefined ? {} : { publicKeys: publicKeysIn(keyFile) }
  const result = await verifyExport(() => linesOf(file), trusted)
  const { server, environment, since, until, made } = header
  askAboutKey(server, trusted, result)
  const trail = trailReport({ sink: header.sink, name: file }, result)
  printJson({ server, environment, export: { since, until, made }, trails: [trail] })
  process.exitCode = result.exitCode
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const input = createReadStream(file)
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  } finally {
    input.destroy()
  }
}

async function headerOf(file: string): Promise<ExportHeader> {
  for await (const line of linesOf(file)) {
    try {
      const header = JSON.parse(line) as ExportHeader
      if (header.type === 'postern-audit-export' && header.v === 1 && Array.isArray(header.chains)) return header
    } catch {
      // Said below.
    }
    break
  }
  throw new StartError(`${file} is not an export of an audit trail.`)
}
