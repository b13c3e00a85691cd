import { setTimeout as delay } from 'node:timers/promises'
import { seeded } from '@postern/testing'
import { trialLeaseMs } from '../../src/testing/faults/strikes.ts'
import type { EngineName } from './cases.ts'
import { Fleet } from './fleet.ts'
import { kindFor, perform } from './perform.ts'
import { type PlanOptions, planOf, type Strike } from './plan.ts'
import { type Recorded, readAudit } from './read-audit.ts'
import { Round } from './round.ts'
import { openStage, type Stage } from './stage.ts'
import type { Subject } from './subject.ts'

export interface LaneOptions extends PlanOptions {
  readonly subject: Subject
  readonly engine: EngineName
  readonly onRounds: (count: number) => void
}

export interface LaneResult {
  readonly engine: EngineName
  readonly rounds: readonly { readonly round: Round; readonly recorded: Recorded }[]
  readonly strikes: readonly Strike[]
  /** 0 when the audit trail is intact. */
  readonly auditExitCode: number
  readonly auditFindings: readonly string[]
}

/** Strikes whose writes may still be on their way to an end while the next one falls. */
const underWayMax = 4
/** A chain in PostgreSQL is given up 30 s after its holder was last heard of. */
const recordedLimitMs = 60_000

/** Strikes the writes of one server on one engine, one after the other, and looks at what became of each. */
export async function runLane(options: LaneOptions): Promise<LaneResult> {
  const { subject, engine, seed } = options
  const strikes = planOf(subject, engine, options)
  const stage = await openStage(subject, engine)
  try {
    const rounds = await strikeAll(stage, strikes, options)
    const audit = await readAudit(stage)
    // All processes have ended: nothing can be done late any more.
    const effects = await stage.effects()
    for (const round of rounds) round.judge(effects[round.marker] ?? 0)
    return {
      engine,
      strikes,
      auditExitCode: audit.exitCode,
      auditFindings: audit.findings,
      rounds: rounds.map((round) => ({ round, recorded: audit.of(round.marker) })),
    }
  } catch (error) {
    throw new Error(`${subject.server.name} on ${engine}, seed ${seed}`, { cause: error })
  } finally {
    await stage.close()
  }
}

async function strikeAll(stage: Stage, strikes: readonly Strike[], options: LaneOptions): Promise<readonly Round[]> {
  const random = seeded(options.seed + 1)
  const fleet = new Fleet(stage, { path: 'direct', leaseMs: trialLeaseMs })
  const all: Round[] = []
  const underWay = new Set<Promise<void>>()
  try {
    for (const [n, strike] of strikes.entries()) {
      const next = strikes[n + 1]
      fleet.prepare(kindFor(strike))
      // None can start while the database is down.
      if (next && strike.fault !== 'database') fleet.prepare(kindFor(next))
      const rounds = strike.cases.map(
        (one, index) => new Round(stage, one, `${options.seed}-${options.engine}-${n}-${index}-`),
      )
      all.push(...rounds)
      if (strike.alone) await Promise.all(underWay)
      const { ended } = await perform({ stage, fleet, strike, rounds, chance: random() })
      const done = ended.then(() => {
        underWay.delete(done)
        options.onRounds(rounds.length)
      })
      // One that fails is still there to be found by whoever waits for all of them.
      done.catch(() => undefined)
      underWay.add(done)
      if (strike.alone) await done
      while (underWay.size >= underWayMax) await Promise.race(underWay)
    }
    await Promise.all(underWay)
    await untilRecorded(stage)
    return all
  } finally {
    await fleet.close()
  }
}

/** Another process records the outcome of a write whose own was killed before it could. */
async function untilRecorded(stage: Stage): Promise<void> {
  const limit = performance.now() + recordedLimitMs
  while (performance.now() < limit && (await readAudit(stage)).open > 0) await delay(200)
}
