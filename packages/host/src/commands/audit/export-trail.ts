import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { exportRange } from '@postern/audit'
import { StartError } from '../../environment/start-error.ts'
import { readOptions } from '../../options.ts'
import type { MainContext } from '../../serve.ts'
import { requireConfiguredCopy } from './checkpoint-copies.ts'
import { stretch } from './instant.ts'
import { askAboutKey } from './key-question.ts'
import { trailOptions, trailUsage, trailWithRecords, withTrails } from './opened-trails.ts'
import { printJson, trailReport } from './trail-report.ts'

const usage = `Usage: audit export --since <time> [--until <time>] --out <file> ${trailUsage}.`

/** `audit export`: the records of a stretch of time with what proves them, in a file that verifies by itself. */
export async function exportTrail(context: MainContext): Promise<void> {
  const { words, options } = readOptions(
    context.args,
    { ...trailOptions, since: 'a time', until: 'a time', out: 'a new file' },
    usage,
  )
  const { out } = options
  const { since, until = new Date().toISOString() } = stretch(options)
  if (words[0] !== undefined) throw new StartError(`audit export does not know "${words[0]}".`, usage)
  if (since === undefined || out === undefined) throw new StartError('audit export needs --since and --out.', usage)
  await withTrails(context, options, async (opened) => {
    requireConfiguredCopy(opened.place.section)
    const trail = await trailWithRecords(opened)
    const { verified, header, lines } = await exportRange({ trail, ...opened.trusted, since, until })
    askAboutKey(context.server.name, opened.trusted, verified)
    let written = -1
    async function* counted() {
      for await (const line of lines()) {
        written += 1
        yield `${line}\n`
      }
    }
    await writeOnce(out, counted)
    printJson({
      server: context.server.name,
      environment: opened.environment.environment,
      file: out,
      records: written,
      since: header.since,
      until: header.until,
      chains: header.chains,
      signed: header.checkpoint !== undefined,
      verified: trailReport(trail, verified),
    })
    process.exitCode = verified.exitCode
  })
}

/** Evidence is never written over, and nobody but its owner reads it. */
async function writeOnce(file: string, lines: () => AsyncGenerator<string>): Promise<void> {
  try {
    await pipeline(Readable.from(lines()), createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new StartError(
      code === 'EEXIST' ? `${file} exists already; choose another name.` : `${file} cannot be written (${code}).`,
    )
  }
}
