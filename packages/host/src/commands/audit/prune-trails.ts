import { prune, retentionMs } from '@postern/audit'
import { StartError } from '../../environment/start-error.ts'
import { readOptions } from '../../options.ts'
import { progressBar } from '../../progress-bar.ts'
import type { MainContext } from '../../serve.ts'
import { requireConfiguredCopy } from './checkpoint-copies.ts'
import { trailOptions, withTrails } from './opened-trails.ts'
import { printJson } from './trail-report.ts'
import { withAuditLog } from './with-audit-log.ts'

const usage =
  'Usage: audit prune [--public-key <file>]. What is older than audit.retention of the environment file goes, unless a hold stands.'

/** `audit prune`: removes what is older than the retention and leaves a trail that verifies. */
export async function pruneTrails(context: MainContext): Promise<void> {
  const { words, options } = readOptions(context.args, { 'public-key': trailOptions['public-key'] }, usage)
  if (words[0] !== undefined) throw new StartError(`audit prune does not know "${words[0]}".`, usage)
  await withTrails(context, options, async (opened) => {
    const { section } = opened.place
    requireConfiguredCopy(section)
    const pruned = await withAuditLog(opened, async (log) => {
      const results = []
      for (const trail of opened.trails) {
        const progress = progressBar(`verifying ${context.server.name}`)
        const result = await prune({
          trail,
          log,
          retentionMs: retentionMs(section),
          ...opened.trusted,
          onProgress: progress.tell,
        }).catch(refusal)
        progress.end()
        results.push({ sink: trail.sink, place: trail.name, ...result })
      }
      return results
    })
    printJson({
      server: context.server.name,
      environment: opened.environment.environment,
      retention: section.retention,
      trails: pruned.map(({ keptFrom, ...rest }) => ({ ...rest, kept_from: Object.fromEntries(keptFrom) })),
    })
    if (pruned.some(({ holds, refused }) => holds.length > 0 || refused !== undefined)) process.exitCode = 1
  })
}

interface Pruned {
  readonly holds: readonly { readonly id: string; readonly reason: string; readonly by: string }[]
  readonly keptFrom: ReadonlyMap<string, number>
  /** Why nothing was removed. */
  readonly refused?: string
}

/** A trail that does not verify is evidence, and said so; anything else is a fault. */
function refusal(error: unknown): Pruned {
  if (error instanceof Error && error.message.startsWith('Nothing was pruned'))
    return { holds: [], keptFrom: new Map(), refused: error.message }
  throw error
}
