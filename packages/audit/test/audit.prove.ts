import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Figure } from './figure.ts'
import { proveDetection, proveNoFalseAlarm } from './prove-detection.ts'
import { proveDrill } from './prove-drill.ts'
import { proveFaults } from './prove-faults.ts'

/** On the disk of the checkout: a directory for temporary files may be in memory, where a sync costs nothing. */
const cache = fileURLToPath(new URL('../../../node_modules/.cache/postern/', import.meta.url))

export interface ProveAuditOptions {
  /** Single changes to try; the other figures keep their proportion to it. */
  readonly rounds: number
  readonly seed: number
  readonly log: (line: string) => void
}

/** What was shown, by promise. `keepsAudit` says whether all of them were kept. */
export type AuditFigures = Readonly<Record<string, string>>

const missed = 'MISSED: '

/**
 * The promises of the audit trail at full length: every single change of a real trail is named, no untouched one is
 * suspected, nothing happens without a record while a sink fails, questions are answered completely. Kills are shown
 * with a real server: `servers/tickets/test/kills`.
 */
export async function proveAudit({ rounds, seed, log }: ProveAuditOptions): Promise<AuditFigures> {
  mkdirSync(cache, { recursive: true })
  const scratch = mkdtempSync(join(cache, 'prove-audit-'))
  const onProgress = (what: string, done: number, all: number) => {
    const tenth = (n: number) => Math.floor((10 * n) / all)
    if (tenth(done) > tenth(done - 1)) log(`${what}: ${done} of ${all}`)
  }
  const proof = { scratch, seed, onProgress }
  try {
    const figures: readonly Figure[] = [
      await proveDetection(proof, rounds),
      await proveNoFalseAlarm(proof, Math.max(4, Math.trunc(rounds / 10))),
      ...(await proveFaults(proof)),
      ...(await proveDrill(proof, rounds * 100)),
    ]
    return Object.fromEntries(
      figures.map(({ claim, goal, shown, met }) => [claim, `${met ? '' : missed}${shown}; goal: ${goal}`]),
    )
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

export function keepsAudit(figures: AuditFigures): boolean {
  return Object.values(figures).every((shown) => !shown.startsWith(missed))
}
