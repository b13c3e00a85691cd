import type { UpstreamFault } from './upstream-fault.ts'

/** The faults that are to come, by marker, and the requests that are held. */
export class Faults {
  readonly #planned = new Map<string, UpstreamFault>()
  readonly #known = new Set<string>()
  readonly #held = new Map<string, () => void>()
  readonly #awaited = new Map<string, () => void>()

  /** Only the first plan for a marker counts: a request that brings its fault along may be sent again. */
  plan(marker: string, fault: UpstreamFault): void {
    if (this.#known.has(marker)) return
    this.#known.add(marker)
    this.#planned.set(marker, fault)
  }

  /** The fault of a marker, if it is due at this point; it does not come twice. */
  take(marker: string, at: UpstreamFault['at']): UpstreamFault | undefined {
    const fault = this.#planned.get(marker)
    if (fault?.at !== at) return undefined
    this.#planned.delete(marker)
    return fault
  }

  /** Holds a request until it is released. */
  async hold(marker: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held.set(marker, resolve)
    this.#awaited.get(marker)?.()
    await promise
  }

  /** Resolves when a request is held for this marker. */
  async held(marker: string): Promise<void> {
    if (this.#held.has(marker)) return
    await new Promise<void>((resolve) => this.#awaited.set(marker, resolve))
  }

  release(marker: string): void {
    this.#held.get(marker)?.()
    this.#held.delete(marker)
  }
}
