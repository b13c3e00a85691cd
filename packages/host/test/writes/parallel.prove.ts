import { seeded } from '@postern/testing'
import { type Answer, callTool, isReplay, outcomeOf } from './call-tool.ts'
import { type EngineName, engines } from './cases.ts'
import { entriesSubject } from './entries-subject.ts'
import { Fleet } from './fleet.ts'
import { openStage } from './stage.ts'
import type { Figures } from './tally.ts'

export interface ProveParallelOptions {
  readonly rounds: number
  readonly seed: number
  readonly log: (line: string) => void
}

const processes = 3
const duplicates = 24
/** Longer than any of these calls takes: nothing is to be taken over here. */
const kind = { path: 'direct', leaseMs: 30_000 } as const

/**
 * The same write 24 times at once, over three server processes: it must happen once, and everybody else must be told
 * what the first was told, or that it is still running. Half of the rounds on SQLite, half on PostgreSQL.
 */
export async function proveParallel({ rounds, seed, log }: ProveParallelOptions): Promise<Figures> {
  const perEngine = engines.map((_, n) => Math.floor((rounds + n) / engines.length))
  const lanes = engines.map((engine, n) => runEngine(engine, perEngine[n] ?? 0, seed + n, log))
  const results = (await Promise.all(lanes)).flat()
  const sum = (value: (round: Counted) => number) => results.reduce((all, round) => all + value(round), 0)
  return {
    rounds: results.length,
    calls: sum(({ answers }) => answers),
    'rounds with exactly one effect': sum(({ effects }) => (effects === 1 ? 1 : 0)),
    'duplicate effects': sum(({ effects }) => Math.max(0, effects - 1)),
    'answered as the first': sum(({ fresh }) => fresh),
    replayed: sum(({ replayed }) => replayed),
    'in progress': sum(({ inProgress }) => inProgress),
    'any other answer, or none': sum(({ other }) => other),
    'rounds in which successes differ': sum(({ differ }) => (differ ? 1 : 0)),
  }
}

export function keepsParallel(figures: Figures): boolean {
  return (
    figures['rounds with exactly one effect'] === figures['rounds'] &&
    figures['answered as the first'] === figures['rounds'] &&
    figures['any other answer, or none'] === 0 &&
    figures['rounds in which successes differ'] === 0
  )
}

interface Counted {
  readonly answers: number
  readonly fresh: number
  readonly replayed: number
  readonly inProgress: number
  readonly other: number
  readonly differ: boolean
  readonly effects: number
}

async function runEngine(
  engine: EngineName,
  rounds: number,
  seed: number,
  log: (line: string) => void,
): Promise<Counted[]> {
  const stage = await openStage(entriesSubject, engine)
  const fleet = new Fleet(stage, kind)
  const random = seeded(seed)
  try {
    const servers = [await fleet.witness]
    while (servers.length < processes) servers.push(await fleet.take(kind))
    const counted: Counted[] = []
    for (let n = 0; n < rounds; n++) {
      const way = entriesSubject.ways[Math.floor(random() * entriesSubject.ways.length)]
      if (way === undefined) continue
      const marker = `parallel-${engine}-${seed}-${n}-`
      const input = await way.input(marker, stage.upstream.url)
      const answers = await Promise.all(
        Array.from({ length: duplicates }, (_, i) =>
          callTool(servers[i % processes] ?? servers[0] ?? never(), {
            tool: way.tool,
            input,
            key: `key-of-${marker}`,
            marker,
          }),
        ),
      )
      const result = countOf(answers, (await stage.effects())[marker] ?? 0)
      if (result.other > 0 || result.effects !== 1 || result.fresh !== 1)
        log(
          `${engine} ${way.name}: ${JSON.stringify(result)}: ${[...new Set(answers.map((one) => one?.text))].join(' | ')}`,
        )
      counted.push(result)
    }
    return counted
  } finally {
    await fleet.close()
    await stage.close()
  }
}

function countOf(answers: readonly (Answer | undefined)[], effects: number): Counted {
  const got = answers.filter((answer) => answer !== undefined)
  const successes = got.filter((answer) => !answer.isError)
  const inProgress = got.filter((answer) => outcomeOf(answer) === 'CONFLICT/in_progress').length
  return {
    answers: answers.length,
    effects,
    fresh: successes.filter((answer) => !isReplay(answer)).length,
    replayed: successes.filter(isReplay).length,
    inProgress,
    other: answers.length - successes.length - inProgress,
    differ: new Set(successes.map((answer) => answer.text)).size > 1,
  }
}

function never(): never {
  throw new Error('there is no server')
}
