import { seeded } from '@postern/testing'
import { type Case, casesOf, type EngineName, type Fault, holdsTransaction } from './cases.ts'
import type { Subject } from './subject.ts'

/** One stroke, and the writes it strikes. */
export interface Strike {
  readonly fault: Fault
  readonly cases: readonly Case[]
  /** Nothing else may be under way: it would be struck too. */
  readonly alone: boolean
}

export interface PlanOptions {
  readonly rounds: number
  readonly seed: number
  /** How many writes one SIGKILL may strike. */
  readonly perKill: number
}

const perStrike: Readonly<Record<Exclude<Fault, 'kill'>, number>> = {
  'lost commit': 1,
  database: 4,
  pause: 4,
  upstream: 6,
}

/** Which writes are struck how, in which order: every case before any comes again. */
export function planOf(subject: Subject, engine: EngineName, { rounds, seed, perKill }: PlanOptions): Strike[] {
  const random = seeded(seed)
  const cases = casesOf(subject, engine)
  const drawn: Case[] = []
  while (drawn.length < rounds) drawn.push(...shuffled(cases, random).slice(0, rounds - drawn.length))

  const strikes: Strike[] = []
  const gathering = new Map<Fault, Case[]>()
  for (const one of drawn) {
    // While it is stopped nobody else can write on SQLite, and nobody can take it over: nothing to be seen of others.
    if (one.fault === 'pause' && holdsTransaction(one)) {
      strikes.push(strikeOf('pause', [one], engine))
      continue
    }
    const most = one.fault === 'kill' ? perKill : perStrike[one.fault]
    const group = [...(gathering.get(one.fault) ?? []), one]
    gathering.set(one.fault, group)
    // Whoever holds the store's one lock has to come last, so there can only be one.
    if (group.length < most && !holdsTransaction(one)) continue
    strikes.push(strikeOf(one.fault, group, engine))
    gathering.delete(one.fault)
  }
  for (const [fault, group] of gathering) strikes.push(strikeOf(fault, group, engine))
  return strikes
}

function strikeOf(fault: Fault, cases: readonly Case[], engine: EngineName): Strike {
  const blocks = engine === 'sqlite' && cases.some(holdsTransaction)
  return { fault, cases, alone: fault === 'database' || fault === 'lost commit' || blocks }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
