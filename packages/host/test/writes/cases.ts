import type { UpstreamFault } from '@postern/testing'
import type { Subject, Way } from './subject.ts'

export const engines = ['sqlite', 'postgres'] as const
export type EngineName = (typeof engines)[number]

/**
 * Where a write can be struck, in order: before the claim (K1), after it (K2), after `sent` (K2b), at the upstream before
 * (K3) and after (K4) it acts, before the outcome is recorded (K5), after that (K6).
 */
const points = ['K1', 'K2', 'K2b', 'K3', 'K4', 'K5', 'K6'] as const
type Point = (typeof points)[number]

/**
 * - `kill`: SIGKILL (K1–K6)
 * - `lost commit`: PostgreSQL commits, and its answer is lost with the connection (K7)
 * - `database`: PostgreSQL is killed and started again (K8)
 * - `pause`: SIGSTOP past the lease, while another process takes over, then SIGCONT (K9)
 * - `upstream`: nobody dies, but the upstream misbehaves
 */
export type Fault = 'kill' | 'lost commit' | 'database' | 'pause' | 'upstream'

export interface Case {
  readonly way: Way
  readonly fault: Fault
  readonly point: Point
  /** Of fault `upstream`. */
  readonly upstream?: UpstreamFault
}

const misbehaviours: readonly UpstreamFault[] = [
  { at: 'before', do: 'hang' },
  { at: 'after', do: 'hang' },
  { at: 'before', do: 'reset' },
  { at: 'after', do: 'reset' },
  { at: 'before', do: 'unavailable' },
  { at: 'after', do: 'unavailable' },
  { at: 'before', do: 'limit' },
  { at: 'before', do: 'refuse' },
  { at: 'before', do: 'slow', ms: 100 },
]

/** Everything that can happen to the writes of a server on one engine, once each. */
export function casesOf({ ways }: Subject, engine: EngineName): readonly Case[] {
  return ways.flatMap((way) => [
    ...reached(way, points).map((point): Case => ({ way, fault: 'kill', point })),
    ...(engine === 'postgres' ? databaseCases(way) : []),
    ...reached(way, ['K2', 'K2b', 'K3', 'K4', 'K5']).map((point): Case => ({ way, fault: 'pause', point })),
    ...(way.recovery === 'transaction' ? [] : misbehaviours).map(
      (upstream): Case => ({ way, fault: 'upstream', point: upstream.at === 'before' ? 'K3' : 'K4', upstream }),
    ),
  ])
}

function databaseCases(way: Way): readonly Case[] {
  // Each point is the last before a commit: of the claim, of `sent`, of the outcome.
  const commits: readonly Point[] = way.recovery === 'transaction' ? ['K1', 'K5'] : ['K1', 'K2', 'K5']
  return [
    ...commits.map((point): Case => ({ way, fault: 'lost commit', point })),
    ...reached(way, points).map((point): Case => ({ way, fault: 'database', point })),
  ]
}

/** A change of the own store asks no upstream. */
function reached({ recovery }: Way, some: readonly Point[]): readonly Point[] {
  return recovery === 'transaction' ? some.filter((point) => point !== 'K3' && point !== 'K4') : some
}

export function atUpstream({ point }: Case): boolean {
  return point === 'K3' || point === 'K4'
}

/** Its transaction is open there: nobody can take it over, and on SQLite nobody else can write. */
export function holdsTransaction({ way, point }: Case): boolean {
  return way.recovery === 'transaction' && (point === 'K2b' || point === 'K5')
}

/** The fault and where it struck, as the report calls it. */
export function labelOf({ fault, point, upstream }: Case): string {
  switch (fault) {
    case 'kill':
      return `${point} killed`
    case 'lost commit':
      return `K7 commit after ${point} lost`
    case 'database':
      return `K8 database killed at ${point}`
    case 'pause':
      return `K9 paused at ${point}`
    case 'upstream':
      return `upstream ${upstream?.do} ${upstream?.at} its effect`
  }
}
