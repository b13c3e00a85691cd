import type { AuditLog } from './audit-log.ts'
import type { Hold } from './legal-hold.ts'
import type { PrunableTrail } from './trail.ts'
import { verify } from './verify.ts'

export interface PruneOptions {
  readonly trail: PrunableTrail
  /** Records the pruning before anything is removed. */
  readonly log: AuditLog
  readonly retentionMs: number
  readonly publicKeys?: readonly string[]
  readonly now?: Date
  readonly onProgress?: (doneBytes: number, allBytes: number) => void
}

export interface PruneResult {
  /** What forbids pruning; then nothing was removed. */
  readonly holds: readonly Hold[]
  /** First records that remain, of the chains that lost some now. */
  readonly keptFrom: ReadonlyMap<string, number>
}

/**
 * Removes records that are all older than the retention and that a signed checkpoint, which stays, covers. What remains
 * verifies: a record names where each chain begins now.
 *
 * @throws Error when the trail does not verify: a broken trail is evidence
 */
export async function prune(options: PruneOptions): Promise<PruneResult> {
  const { trail, log, publicKeys, onProgress } = options
  const before = new Date((options.now ?? new Date()).getTime() - options.retentionMs).toISOString()
  const verified = await verify({ trail, ...(publicKeys && { publicKeys }), ...(onProgress && { onProgress }) })
  const broken = verified.findings[0]
  if (verified.exitCode === 1 && broken) throw new Error(`Nothing was pruned: ${broken.chain}: ${broken.what}.`)
  if (verified.holds.length > 0) return { holds: verified.holds, keptFrom: new Map() }

  const keptFrom = new Map<string, number>()
  const begins: string[] = []
  for (const { chain, checkpoint, from } of verified.chains) {
    const first = Math.max(from, await trail.firstKept(chain, before, checkpoint?.seq ?? 0))
    if (first > from) keptFrom.set(chain, first)
    if (first > 1) begins.push(`${chain}@${first}`)
  }
  if (keptFrom.size === 0) return { holds: [], keptFrom }

  await log.event('pruned', { detail: { before, kept_from: begins } })
  // An unsigned record of it would not count, and the trail would look cut.
  await log.sign().catch((error: Error) => {
    throw new Error(`Nothing was pruned: ${error.message}.`)
  })
  for (const [chain, first] of keptFrom) await trail.remove(chain, first)
  await trail.removeCheckpoints(before)
  return { holds: [], keptFrom }
}
