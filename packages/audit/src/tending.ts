import { endsWell, leftOpen } from './left-open.ts'
import { leftOutcomes, type OutcomesOf } from './left-outcomes.ts'
import type { OwnChain } from './own-chain.ts'
import { parseLine, readLine } from './read-line.ts'
import type { AuditRecord, Detail, Entry } from './record.ts'
import { unsignedFrom } from './signed-head.ts'
import type { Taken } from './sink.ts'

export interface TendingOptions {
  readonly own: OwnChain
  /** Without it nothing is closed, and a chain that was left with open writes stays so. */
  readonly outcomesOf: OutcomesOf | undefined
  /** Told when another chain was continued. */
  readonly onFinished: () => void
  /** Told what could not be closed now; it is tried again. */
  readonly report: (error: unknown) => void
}

/**
 * Closes what processes that are gone have left open in a trail: a write with an intent and no outcome, because its
 * process was killed between the commit of the write and its outcome. Runs beside the calls and keeps none of them
 * waiting.
 *
 * In the own chain outcomes are recorded as they become known. A chain that nobody continues is closed as a whole, when
 * none of its writes is still being brought to an end, and ends with a stop.
 */
export class Tending {
  readonly #options: TendingOptions
  /** The chain as it was taken, and what is still open in it from before. */
  #before: { readonly taken: Taken; open: readonly AuditRecord[] } | undefined

  constructor(options: TendingOptions) {
    this.#options = options
  }

  /** Whether nothing is left open in the own chain from before: only then a mark of ours speaks for all of it. */
  get settled(): boolean {
    return this.#before?.taken === this.#options.own.sink.taken && this.#before.open.length === 0
  }

  /**
   * Looks at the end of the chain before ours. What was left open there is left to `tend`.
   *
   * @returns what has to be said of it before anything else is recorded; undefined where it was left in order
   */
  async begin(): Promise<Entry | undefined> {
    const { sink, trail, torn, signed } = this.#options.own
    const { taken } = sink
    const tail = await trail.tail(taken.chain)
    const wellEnded = tail === undefined || endsWell(parseLine(tail))
    if (wellEnded) this.#before = { taken, open: [] }
    const unsigned = await unsignedFrom(signed, taken, wellEnded)
    const inOrder = wellEnded && torn === undefined && unsigned['unsigned_from'] === undefined
    return inOrder ? undefined : takenUp({ ...unsigned, ...torn })
  }

  async tend(signal: AbortSignal): Promise<void> {
    const { own, outcomesOf, report } = this.#options
    if (outcomesOf === undefined) return
    await this.#tendOwn(outcomesOf, signal)
    for (const chain of await own.trail.chains()) {
      if (signal.aborted) return
      // What is wrong with one chain must not keep the others open.
      if (chain !== own.sink.chain) await this.#tendOther(chain, outcomesOf, signal).catch(report)
    }
  }

  async #tendOwn(outcomesOf: OutcomesOf, signal: AbortSignal): Promise<void> {
    if (this.settled) return
    const { sink, trail } = this.#options.own
    const { taken } = sink
    const before =
      this.#before?.taken === taken
        ? this.#before
        : { taken, open: await leftOpen({ trail, chain: taken.chain, upTo: taken.after, signal }) }
    this.#before = before
    const { missing, open } = await leftOutcomes(before.open, outcomesOf)
    for (const entry of missing) {
      // Behind the stop nothing may stand.
      if (signal.aborted) return
      await sink.append(entry, 'durable')
      before.open = before.open.filter(({ request }) => request !== entry.request)
    }
    before.open = open
  }

  async #tendOther(chain: string, outcomesOf: OutcomesOf, signal: AbortSignal): Promise<void> {
    const { own, onFinished } = this.#options
    const { trail, sink } = own
    const line = (await trail.tail(chain)) ?? ''
    const tail = readLine(line)
    // A damaged end is evidence, and left as it is.
    if (!tail?.intact || endsWell(parseLine(line)) || !(await own.isFree(chain))) return
    const intents = await leftOpen({ trail, chain, upTo: tail.seq, signal })
    const { missing, open } = await leftOutcomes(intents, outcomesOf)
    if (open.length > 0 || signal.aborted) return
    const unsigned = await unsignedFrom(own.signed, { chain, after: tail.seq }, false)
    const entries = (torn?: Detail): Entry[] => [
      takenUp({ closed: missing.length, ...unsigned, ...torn }),
      ...missing,
      { phase: 'stop', detail: { open: 0, by: sink.chain } },
    ]
    if (await own.finish(chain, tail.seq, entries)) onFinished()
  }
}

/** Says that a chain whose writer did not end in order has another one now. */
function takenUp(detail: Detail): Entry {
  return { phase: 'resumed', detail: { reason: 'taken_over', ...detail } }
}
