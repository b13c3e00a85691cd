import type { Detail, Entry } from './record.ts'

/**
 * The writes of this process that have an intent and no outcome yet.
 *
 * Every heartbeat says how many there are and since when: whoever takes the chain over after a crash finds what was left
 * open without reading all of it.
 */
export class OpenWrites {
  /** When each began, by its request, in microseconds since the process began. */
  readonly #since = new Map<string, number>()

  /** To be told every entry before it is appended: an intent must not reach the chain before it is known here. */
  begins({ phase, request }: Entry): void {
    if (phase === 'intent' && request !== undefined) this.#since.set(request, microseconds())
  }

  /** To be told every entry when it has been appended, or is owed. */
  ends({ phase, request }: Entry): void {
    if (phase === 'outcome' && request !== undefined) this.#since.delete(request)
  }

  /** What began before `open_since` is closed. */
  mark(): Detail {
    const [oldest = microseconds()] = this.#since.values()
    return { open: this.#since.size, open_since: oldest }
  }
}

const microseconds = (): number => Math.floor(performance.now() * 1000)
