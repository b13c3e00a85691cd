import type { Store } from '@postern/store'
import type { Spacing } from './gcra.ts'
import { LocalBuckets } from './local-buckets.ts'
import { ahead, forget, spend } from './rate-table.ts'
import { TwoGenerations } from './two-generations.ts'

const keysMax = 10_000
const forgetEveryMs = 60_000

/**
 * Rates that hold over all processes of the server, to the call. Each admitted call is one small write of the store.
 *
 * When the store cannot be used, this process goes on with a rate of its own: a limit protects, it does not authorize,
 * and reads go on without the store.
 */
export class StoreBuckets {
  readonly #store: Store
  readonly #nowMs: () => number
  readonly #alone: LocalBuckets
  /** Until when a key is refused for certain: others can only push it further. A flood never reaches the store. */
  readonly #refused = new TwoGenerations<number>(keysMax)
  #forgotten: number

  constructor(store: Store, nowMs: () => number = () => performance.now()) {
    this.#store = store
    this.#nowMs = nowMs
    this.#alone = new LocalBuckets(nowMs)
    this.#forgotten = nowMs()
  }

  /** Takes one call. Resolves to 0, or to how many milliseconds to wait. */
  async take(key: string, spacing: Spacing): Promise<number> {
    const remainingMs = (this.#refused.get(key) ?? 0) - this.#nowMs()
    if (remainingMs > 0) return Math.ceil(remainingMs)
    try {
      return await this.#take(key, spacing)
    } catch {
      return this.#alone.take(key, spacing)
    }
  }

  async #take(key: string, { intervalUs, toleranceUs }: Spacing): Promise<number> {
    await this.#forget()
    // A second try: between the refusal and the look, the time may have come.
    for (let tries = 0; tries < 2; tries++) {
      if (await spend(this.#store, key, intervalUs, toleranceUs)) return 0
      const waitMs = Math.ceil(((await ahead(this.#store, key)) + intervalUs - toleranceUs) / 1000)
      if (waitMs <= 0) continue
      this.#refused.set(key, this.#nowMs() + waitMs)
      return waitMs
    }
    return 1
  }

  async #forget(): Promise<void> {
    if (this.#nowMs() - this.#forgotten < forgetEveryMs) return
    this.#forgotten = this.#nowMs()
    await forget(this.#store)
  }
}
