/** Watches that nothing waits longer than a limit, with one timer for all. */
export class Watchdog {
  readonly #limitMs: number
  /** When the oldest that waits began to, by `performance.now()`; undefined when nothing waits. */
  readonly #oldest: () => number | undefined
  readonly #onLate: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(limitMs: number, oldest: () => number | undefined, onLate: () => void) {
    this.#limitMs = limitMs
    this.#oldest = oldest
    this.#onLate = onLate
  }

  /** To be called when something begins to wait. */
  watch(): void {
    this.#timer ??= this.#after(this.#limitMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #after(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined
      const oldest = this.#oldest()
      if (oldest === undefined) return
      const left = oldest + this.#limitMs - performance.now()
      if (left > 0) this.#timer = this.#after(left)
      else this.#onLate()
    }, ms).unref()
  }
}
