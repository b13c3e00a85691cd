import type { Answer } from './call-tool.ts'
import { labelOf } from './cases.ts'
import type { Breach, Round } from './round.ts'
import type { LaneResult } from './run-lane.ts'

export type Figures = Readonly<Record<string, number | string>>

/** The figures of all lanes: sums first, then one line for each fault and way. */
export function figuresOf(lanes: readonly LaneResult[]): Figures {
  const all = lanes.flatMap((lane) => lane.rounds)
  const rounds = all.map(({ round }) => round)
  const strikes = lanes.flatMap((lane) => lane.strikes)
  const struck = (fault: string) => strikes.filter((strike) => strike.fault === fault).length
  const broken = (breach: Breach) => rounds.filter((round) => round.breaches.has(breach)).length
  const unknown = rounds.filter(({ end }) => end === 'unknown')
  return {
    rounds: rounds.length,
    'processes killed': struck('kill'),
    'databases killed': struck('database'),
    'processes paused': struck('pause'),
    'commits without an answer': struck('lost commit'),
    duplicates: broken('duplicate'),
    'false successes': broken('false success'),
    lost: broken('lost'),
    'unknown, class none': unknown.filter(({ one }) => one.way.recovery === 'none').length,
    'unknown, class lookup, nothing there to be found': unknown.filter(
      (round) => round.one.way.recovery === 'lookup' && !round.breaches.has('unknown'),
    ).length,
    'unknown, elsewhere': broken('unknown'),
    'replays that differ': broken('unfaithful replay'),
    'longest time to an end, ms': longest(rounds),
    ...auditFigures(lanes),
    ...byCase(rounds),
  }
}

function auditFigures(lanes: readonly LaneResult[]): Figures {
  const all = lanes.flatMap((lane) => lane.rounds)
  const count = (is: (one: (typeof all)[number]) => boolean) => all.filter(is).length
  return {
    'audit trails that are not intact': lanes.filter((lane) => lane.auditExitCode !== 0).length,
    'audit: effects without an intent': count(({ round, recorded }) => round.effects > 0 && recorded.intents === 0),
    'audit: answers without a record': count(
      ({ round, recorded }) => round.answers.filter(saysMoreThanDown).length > recorded.closed,
    ),
    'audit: intents without an outcome': count(({ recorded }) => recorded.open > 0),
    'audit: effects with more than one executed outcome': count(({ recorded }) => recorded.executed > 1),
    'audit: effects without an executed outcome': count(
      ({ round, recorded }) => round.effects > 0 && round.end === 'ok' && recorded.executed === 0,
    ),
    'audit: executed outcomes without an effect': count(
      ({ round, recorded }) => round.effects === 0 && recorded.executed > 0,
    ),
  }
}

/** That nothing can be recorded is the one answer that has no record. */
function saysMoreThanDown({ error }: Answer): boolean {
  const { reason } = error?.details ?? {}
  return !(error?.code === 'UPSTREAM_UNAVAILABLE' && (reason === 'audit_down' || reason === 'outcome_unknown'))
}

function byCase(rounds: readonly Round[]): Figures {
  const groups = Map.groupBy(rounds, ({ one }) => `${labelOf(one)}: ${one.way.name}`)
  const lines = [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    lines.map(([name, group]) => {
      const broken = (breach: Breach) => group.filter((round) => round.breaches.has(breach)).length
      const unknown = group.filter(({ end }) => end === 'unknown').length
      return [
        name,
        `${group.length} rounds, ${broken('duplicate')} duplicates, ${broken('false success')} false successes, ` +
          `${broken('lost')} lost, ${unknown} unknown, longest ${longest(group)} ms`,
      ]
    }),
  )
}

function longest(rounds: readonly Round[]): number {
  return Math.round(Math.max(0, ...rounds.map((round) => round.endedAfterMs)))
}
