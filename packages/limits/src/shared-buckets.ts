import type { Store } from '@postern/store'
import type { Spacing } from './gcra.ts'
import { LocalBuckets } from './local-buckets.ts'
import { settle } from './rate-table.ts'

const settleEveryMs = 200
const keysPerSettlingMax = 500

/**
 * Rates that hold over all processes in the long run, at no cost to a call: each process admits by what it knows, tells
 * the store a moment later what it has admitted, and learns what the others have. What was admitted too much in that
 * moment is paid back before the next call is.
 *
 * Without a store, or while it cannot be used, the rates are those of this process.
 */
export class SharedBuckets {
  readonly #store: Store | undefined
  readonly #local: LocalBuckets
  #pending = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: Store | undefined, nowMs?: () => number) {
    this.#store = store
    this.#local = new LocalBuckets(nowMs)
  }

  /** Takes one call. Returns 0, or how many milliseconds to wait. */
  take(key: string, spacing: Spacing): number {
    const waitMs = this.#local.take(key, spacing)
    if (waitMs === 0 && this.#store !== undefined) this.#note(this.#store, key, spacing.intervalUs)
    return waitMs
  }

  #note(store: Store, key: string, us: number): void {
    // Dropping what does not fit lets a caller have a little more, never less.
    if (this.#pending.has(key) || this.#pending.size < keysPerSettlingMax)
      this.#pending.set(key, (this.#pending.get(key) ?? 0) + us)
    this.#schedule(store)
  }

  #schedule(store: Store): void {
    this.#timer ??= setTimeout(() => {
      void this.#settle(store)
    }, settleEveryMs).unref()
  }

  async #settle(store: Store): Promise<void> {
    const spent = this.#pending
    this.#pending = new Map()
    try {
      for (const [key, aheadUs] of await settle(store, spent))
        this.#local.behind(key, aheadUs + (this.#pending.get(key) ?? 0))
    } catch {
      // The store is down; this process goes on alone and what it has admitted meanwhile is forgiven.
    }
    this.#timer = undefined
    if (this.#pending.size > 0) this.#schedule(store)
  }
}
