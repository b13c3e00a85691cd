import { hash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

/**
 * A secret that does not show itself: JSON, `util.inspect`, string conversion and pino give its id instead of its
 * value. The one way to the value is `reveal()`, which a reviewer can search for.
 */
export class Secret {
  /** Names the value without revealing it. */
  readonly id: string
  readonly #value: string
  readonly #used: () => void

  constructor(value: string, id: string, used: () => void = () => {}) {
    this.#value = value
    this.id = id
    this.#used = used
  }

  /** The value, to be handed to whoever authenticates with it and kept nowhere. Counts as a use. */
  reveal(): string {
    this.#used()
    return this.#value
  }

  /** Compares in a time that tells nothing about the value, its length included. */
  matches(candidate: string): boolean {
    return timingSafeEqual(hash('sha256', this.#value, 'buffer'), hash('sha256', candidate, 'buffer'))
  }

  /** True when both hold the same value. Not a use. */
  equals(other: Secret): boolean {
    return this.matches(other.#value)
  }

  toString(): string {
    return `[secret ${this.id}]`
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}
