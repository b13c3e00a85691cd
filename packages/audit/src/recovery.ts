import { setTimeout as delay } from 'node:timers/promises'
import type { Detail, Entry } from './record.ts'
import type { AppendOptions } from './sink.ts'

/** A time in which a sink takes no records. */
export interface Outage {
  readonly since: string
  /** For operators. */
  readonly reason: string
  /** Records and calls that were turned away. */
  readonly refused: number
}

export interface RecoveryOptions {
  /** Time between attempts, in milliseconds. Default 500. */
  readonly repairMs?: number | undefined
  /** Told when records are refused from now on, and why; with undefined when they are taken again. */
  readonly onOutage?: ((reason: string | undefined) => void) | undefined
  /** Resolves when nothing that was begun is under way any more; after a hang, possibly never. */
  readonly settled: () => Promise<void>
  /** Makes the sink work again and records what `resumed` is about, or throws what still stands in the way. */
  readonly resume: (outage: Outage) => Promise<void>
}

const repairMsDefault = 500
const owedMax = 10_000

/** Brings a failed sink back by itself, and remembers what has to be made good then. */
export class Recovery {
  readonly #options: RecoveryOptions
  /** Outcomes of writes that happened and could not be recorded. */
  readonly owed: Entry[] = []
  #outage: { since: string; reason: string; refused: number } | undefined
  #stopped = false

  constructor(options: RecoveryOptions) {
    this.#options = options
  }

  get outage(): Outage | undefined {
    return this.#outage
  }

  /** The sink failed. Nothing is to be begun until `outage` is undefined again. */
  begin(error: Error): void {
    const known = this.#outage !== undefined
    this.#outage ??= { since: new Date().toISOString(), reason: '', refused: 0 }
    this.#outage.reason = reasonOf(error)
    if (known || this.#stopped) return
    this.#options.onOutage?.(this.#outage.reason)
    void this.#repair()
  }

  /** Somebody was turned away. */
  refuse(entry?: Entry, options: AppendOptions = {}): void {
    if (this.#outage === undefined) return
    this.#outage.refused += 1
    if (entry !== undefined && options.owed && this.owed.length < owedMax) this.owed.push(entry)
  }

  stop(): void {
    this.#stopped = true
  }

  async #repair(): Promise<void> {
    for (let outage = this.#outage; outage !== undefined && !this.#stopped; outage = this.#outage) {
      // After a hang this waits for the answer: what was done then is read from the sink.
      await this.#options.settled()
      await delay(this.#options.repairMs ?? repairMsDefault, undefined, { ref: false })
      if (this.#stopped) return
      try {
        await this.#options.resume(outage)
        this.#outage = undefined
        this.#options.onOutage?.(undefined)
      } catch (error) {
        outage.reason = reasonOf(error as Error)
      }
    }
  }
}

/** What a `resumed` record says of the outage that it ends. */
export function outageDetail(outage: Outage): Detail {
  return { reason: 'outage', since: outage.since, refused: outage.refused }
}

/** An owed record as it is made good. */
export function late(entry: Entry): Entry {
  return { ...entry, detail: { ...entry.detail, late: true } }
}

/** The store says what is wrong in the cause; its message is for callers. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message
}
