import { verify } from '@postern/audit'
import { StartError } from '../../environment/start-error.ts'
import { readOptions } from '../../options.ts'
import { progressBar } from '../../progress-bar.ts'
import type { MainContext } from '../../serve.ts'
import { requireConfiguredCopy } from './checkpoint-copies.ts'
import { instant } from './instant.ts'
import { askAboutKey } from './key-question.ts'
import { type OpenedTrails, trailOptions, trailUsage, withTrails } from './opened-trails.ts'
import { printJson, trailReport, worst } from './trail-report.ts'
import { verifyExportFile } from './verify-export-file.ts'

const usage = `Usage: audit verify [--since <time>] ${trailUsage}, or audit verify --export <file> [--public-key <file>].`

/** `audit verify`: whether every trail of this deployment, or an exported one, is what was written. */
export async function verifyTrails(context: MainContext): Promise<void> {
  const { words, options } = readOptions(
    context.args,
    { ...trailOptions, since: 'a time', export: 'an exported file' },
    usage,
  )
  if (words[0] !== undefined) throw new StartError(`audit verify does not know "${words[0]}".`, usage)
  if (options['export'] !== undefined) return verifyExportFile(options['export'], options['public-key'])
  const { since } = options
  const from = since === undefined ? {} : { since: instant(since, 'since') }
  await withTrails(context, options, (opened) => verifyAll(context.server.name, opened, from))
}

async function verifyAll(
  server: string,
  { environment, place, trails, trusted }: OpenedTrails,
  from: { readonly since?: string },
): Promise<void> {
  requireConfiguredCopy(place.section)
  const reports = []
  for (const trail of trails) {
    const progress = progressBar(`verifying ${server}`)
    const result = await verify({ trail, ...trusted, ...from, onProgress: progress.tell })
    progress.end()
    askAboutKey(server, trusted, result)
    reports.push(trailReport(trail, result))
  }
  printJson({ server, environment: environment.environment, trails: reports })
  process.exitCode = worst(reports.map((report) => report.exit_code))
}
