import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Figure } from './figure.ts'
import { proveCompleteness } from './prove-completeness.ts'
import { proveCost } from './prove-cost.ts'
import { proveDetection, proveNoFalseAlarm } from './prove-detection.ts'
import { proveDrill } from './prove-drill.ts'
import { proveFaults } from './prove-faults.ts'

/** A directory for temporary files may be in memory, where a sync costs nothing. */
export const cache = fileURLToPath(new URL('../../../node_modules/.cache/postern/', import.meta.url))

export interface ProveOptions {
  /** Single changes to try; the other figures keep their proportion to it. Default 1,000. */
  readonly rounds?: number
  /** Where to work: a directory on a real disk. Default below the repository's `node_modules/.cache`. */
  readonly directory?: string
  readonly onProgress?: (what: string, done: number, all: number) => void
}

/**
 * Shows the promises of the audit trail at full length; the tests show a sample of the same. To be run from the source
 * tree, because it starts processes from it.
 */
export async function proveAudit(options: ProveOptions = {}): Promise<readonly Figure[]> {
  const { rounds = 1_000, directory = cache, onProgress = () => {} } = options
  mkdirSync(directory, { recursive: true })
  const scratch = mkdtempSync(join(directory, 'postern-prove-audit-'))
  const proof = { scratch, onProgress }
  try {
    return [
      await proveDetection(proof, rounds),
      await proveNoFalseAlarm(proof, Math.max(4, Math.trunc(rounds / 10))),
      await proveCompleteness(proof, rounds * 10),
      ...(await proveFaults(proof)),
      ...(await proveDrill(proof, rounds * 100)),
      ...(await proveCost(proof)),
    ]
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const rounds = Number(process.argv[2] ?? 1_000)
  let last = ''
  const onProgress = (what: string, done: number, all: number) => {
    const line = `${what} ${done}/${all}`
    if (process.stderr.isTTY || done === all)
      process.stderr.write(`${process.stderr.isTTY ? '\r\u001b[K' : ''}${line}${process.stderr.isTTY ? '' : '\n'}`)
    last = line
  }
  const figures = await proveAudit({ rounds, onProgress })
  if (last !== '' && process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  for (const { claim, goal, shown, met } of figures)
    process.stdout.write(`${met ? 'met   ' : 'MISSED'}  ${claim}\n        goal: ${goal}\n        shown: ${shown}\n`)
  process.exitCode = figures.every(({ met }) => met) ? 0 : 1
}
