import { seeded } from '@postern/testing'
import { inTurns, type Times } from './audit-cost/in-turns.ts'
import { keepEntries, readableEntries } from './audit-cost/readable-entries.ts'
import { RecordedCalls } from './audit-cost/recorded-calls.ts'
import { type CostStage, openCostStage } from './audit-cost/stage.ts'
import { syncAlone } from './audit-cost/sync-alone.ts'
import { type EngineName, engines } from './writes/cases.ts'

export interface ProveAuditCostOptions {
  /** Turns of one call at a time; a tenth of it with many in flight, which are far more calls. */
  readonly rounds: number
  /** How many are in flight then; default 64. */
  readonly many?: number
  readonly seed: number
  readonly log: (line: string) => void
}

/** What was shown, by promise; one that was not kept begins with `MISSED`. */
export type AuditCostFigures = Readonly<Record<string, string>>

const missed = 'MISSED: '
const addedMsMax = 3
const entries = 100
const places = { sqlite: 'SQLite and files', postgres: 'PostgreSQL for both' }

/**
 * What audit adds to a call: the same calls through the whole pipeline of a server, with the layer and without it, in
 * turns within one run. As ratios, because times differ from machine to machine; milliseconds stand beside them.
 */
export async function proveAuditCost(options: ProveAuditCostOptions): Promise<AuditCostFigures> {
  const figures: Record<string, string> = {}
  for (const engine of engines) {
    const stage = await openCostStage(engine)
    try {
      Object.assign(figures, await measure(stage, engine, options))
    } finally {
      await stage.close()
    }
  }
  return figures
}

async function measure(stage: CostStage, engine: EngineName, options: ProveAuditCostOptions) {
  const { pipelines, data, disk } = stage
  const { deployment, principal } = pipelines
  const ids = await keepEntries(deployment.context.store, principal.tenant, entries)
  const recorded = new RecordedCalls()
  const random = seeded(options.seed)
  const makers = {
    read: () => pipelines.call('get_entry', { entry_id: ids[Math.trunc(random() * ids.length)] }),
    write: () => pipelines.call('keep_entry', { marker: `cost ${random()}` }),
  }
  const syncBefore = syncAlone(disk)
  const figures: Record<string, string> = {}
  for (const [kind, make] of Object.entries(makers))
    for (const inFlight of [1, options.many ?? 64]) {
      const turns = inFlight === 1 ? options.rounds : Math.max(2, Math.round(options.rounds / 10))
      const times = await inTurns({ ...pipelines, make, made: (call, by) => recorded.add(call, by), inFlight, turns })
      const claim = `${places[engine]}, a ${kind}, ${inFlight} in flight: with audit ÷ without`
      figures[claim] = inFlight === 1 ? oneAtATime(times) : manyAtOnce(times)
      options.log(`${claim}: ${figures[claim]}`)
    }
  figures[`${places[engine]}: a write to that disk and its sync, nothing else`] =
    `p50 ${ms(syncBefore)} before, ${ms(syncAlone(disk))} after`
  const wrong = await recorded.wrong(deployment, readableEntries.name, data)
  figures[`${places[engine]}: calls with audit have every record, those without it none`] =
    `${wrong === 0 ? '' : missed}${wrong} wrong of ${recorded.count}; goal: 0 wrong`
  return figures
}

interface Measured {
  readonly with: Times
  readonly without: Times
}

function oneAtATime(times: Measured): string {
  const added = at(times.with, 0.5) - at(times.without, 0.5)
  return `${mark(added)}${ratios(times)}; p50 ${ms(added)} more; goal: p50 at most ${addedMsMax} ms more`
}

function manyAtOnce(times: Measured): string {
  const added = each(times.with) - each(times.without)
  const rate = (one: Times) => Math.round(1000 / each(one)).toLocaleString('en')
  const rates = `${rate(times.with)} / ${rate(times.without)} calls a second`
  return `${mark(added)}${ratios(times)}; ${rates}, ${ms(added)} more for each; goal: at most ${addedMsMax} ms more for each`
}

const mark = (addedMs: number): string => (addedMs <= addedMsMax ? '' : missed)

function ratios(times: Measured): string {
  const ratio = (share: number) => {
    const [with_, without] = [at(times.with, share), at(times.without, share)]
    return `${(with_ / without).toFixed(2)} (${ms(with_)} / ${ms(without)})`
  }
  return `p50 ${ratio(0.5)}, p99 ${ratio(0.99)}`
}

/** Time by the clock for each call, in milliseconds: in it, what many calls share is shared. */
const each = ({ wallMs, calls }: Times): number => wallMs / calls.length

const at = ({ calls }: Times, share: number): number => calls[Math.trunc(calls.length * share)] ?? Number.NaN

const ms = (value: number): string => `${value.toFixed(Math.abs(value) < 10 ? 3 : 1)} ms`
