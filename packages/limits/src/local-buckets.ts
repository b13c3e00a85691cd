import { gcra, type Spacing } from './gcra.ts'
import { TwoGenerations } from './two-generations.ts'

const keysMax = 10_000

/** The rates of this process: no I/O, a fraction of a microsecond. */
export class LocalBuckets {
  readonly #arrivals = new TwoGenerations<number>(keysMax)
  readonly #nowMs: () => number

  /** @param nowMs a clock that never goes back; a wall clock that is set back would refuse everybody */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Takes one call. Returns 0, or how many milliseconds to wait; a refused call costs nothing. */
  take(key: string, spacing: Spacing): number {
    const verdict = gcra(this.#arrivals.get(key), this.#nowUs(), spacing)
    if (!verdict.admitted) return verdict.waitMs
    this.#arrivals.set(key, verdict.arrivalUs)
    return 0
  }

  /** Learns that, over all processes, this key is at least so far ahead of the clock. */
  behind(key: string, aheadUs: number): void {
    const arrivalUs = this.#nowUs() + aheadUs
    if (arrivalUs > (this.#arrivals.get(key) ?? 0)) this.#arrivals.set(key, arrivalUs)
  }

  #nowUs(): number {
    return Math.floor(this.#nowMs() * 1000)
  }
}
