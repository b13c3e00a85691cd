import { casesOf, engines, labelOf } from './cases.ts'
import { entriesSubject } from './entries-subject.ts'
import { type LaneResult, runLane } from './run-lane.ts'
import type { Subject } from './subject.ts'
import { type Figures, figuresOf } from './tally.ts'

export interface ProveWritesOptions {
  readonly rounds: number
  readonly seed: number
  readonly log: (line: string) => void
  /** Default: the fixture with a write of every class. */
  readonly subjects?: readonly Subject[]
  /** How many writes one SIGKILL may strike; default 1. */
  readonly perKill?: number
}

/**
 * Kills real server processes (K1–K6), loses the answer to a commit (K7), kills the database (K8) and pauses processes
 * past their lease (K9), in the middle of writes of every recovery class, on SQLite and on PostgreSQL; then compares
 * what really happened with what callers were told and with what the audit trail says.
 *
 * `keepsWrites` says whether the figures keep the promise.
 */
export async function proveWrites(options: ProveWritesOptions): Promise<Figures> {
  const { rounds, seed, log, subjects = [entriesSubject], perKill = 1 } = options
  const lanes = subjects.flatMap((subject) =>
    engines.map((engine) => ({ subject, engine, weight: casesOf(subject, engine).length })),
  )
  const weight = lanes.reduce((sum, lane) => sum + lane.weight, 0)
  let done = 0
  const onRounds = (count: number) => {
    const tenth = (n: number) => Math.floor((10 * n) / rounds)
    if (tenth(done + count) > tenth(done)) log(`${done + count} of ${rounds} rounds`)
    done += count
  }
  const shares = lanes.map((lane, n) => ({
    ...lane,
    rounds: Math.max(1, Math.round((rounds * lane.weight) / weight)),
    seed: seed + n * 1000,
    perKill,
    onRounds,
  }))
  // Two at a time: one waits for leases while the other computes.
  const results: LaneResult[] = []
  const next = async (): Promise<void> => {
    const lane = shares.shift()
    if (lane === undefined) return
    results.push(await runLane(lane))
    return next()
  }
  await Promise.all([next(), next()])
  for (const line of breachesIn(results)) log(line)
  return figuresOf(results)
}

const zero = [
  'duplicates',
  'false successes',
  'lost',
  'unknown, elsewhere',
  'replays that differ',
  'audit trails that are not intact',
  'audit: effects without an intent',
  'audit: answers without a record',
  'audit: intents without an outcome',
]

export function keepsWrites(figures: Figures): boolean {
  return zero.every((name) => figures[name] === 0)
}

/** What broke which promise, to be tried again with the same seed. */
function breachesIn(results: readonly LaneResult[]): string[] {
  return results.flatMap(({ engine, rounds, auditFindings }) => [
    ...auditFindings.map((found) => `${engine}: ${found}`),
    ...rounds
      .filter(({ round }) => round.breaches.size > 0)
      .map(({ round }) => {
        const { one, marker, effects, end, breaches, answers } = round
        const told = answers.map(({ text }) => text.slice(0, 200)).join(' | ')
        return `${engine} ${labelOf(one)}: ${one.way.name} (${marker}): ${[...breaches].join(', ')}; ${effects} effects, end ${end}, told ${told}`
      }),
  ])
}
