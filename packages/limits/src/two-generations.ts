/**
 * A bounded map that forgets what was not used for long: when the young half is full it becomes the old half, and the
 * old half is dropped. Evicting the oldest key of one large Map costs a scan over deleted slots each time.
 */
export class TwoGenerations<V> {
  readonly #entriesMax: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  /** Holds the last `entriesMax` keys for certain, and at most twice as many. */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#entriesMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
