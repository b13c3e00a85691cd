import { type Principal, principalId } from '@postern/tool'

interface Entry {
  readonly principal: Principal
  /** Milliseconds since the epoch. */
  readonly until: number
}

export interface TokenCacheLimits {
  readonly entriesMax: number
  /** More tokens of one principal push out its own, never those of others. */
  readonly entriesPerPrincipalMax: number
}

/**
 * Principals of verified tokens, by a hash of the token. Bounded by two generations: evicting the oldest entry of one
 * large Map costs twenty times as much.
 */
export class TokenCache {
  readonly #limits: TokenCacheLimits
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  /** The keys each principal has in either generation, oldest first. */
  #held = new Map<string, string[]>()
  #epoch = 0

  constructor(limits: TokenCacheLimits = { entriesMax: 10_000, entriesPerPrincipalMax: 8 }) {
    this.#limits = limits
  }

  /** To be taken before a verification starts and given to `set` when it has ended. */
  get epoch(): number {
    return this.#epoch
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string, now: number): Principal | undefined {
    const young = this.#young.get(key)
    const entry = young ?? this.#old.get(key)
    if (entry === undefined || entry.until <= now) return undefined
    if (young === undefined) {
      this.#old.delete(key)
      this.#put(key, entry)
    }
    return entry.principal
  }

  /** Does nothing when the epoch has been raised since: what was verified then may not hold any longer. */
  set(key: string, principal: Principal, until: number, epoch: number): void {
    if (epoch !== this.#epoch) return
    const id = principalId(principal)
    const held = this.#held.get(id) ?? []
    if (!held.includes(key)) held.push(key)
    this.#held.set(id, held)
    if (held.length > this.#limits.entriesPerPrincipalMax) {
      const oldest = held.shift() ?? ''
      this.#young.delete(oldest)
      this.#old.delete(oldest)
    }
    this.#put(key, { principal, until })
  }

  /** Forgets everything, what is being verified at this moment included. */
  raiseEpoch(): void {
    this.#epoch++
    this.#young = new Map()
    this.#old = new Map()
    this.#held = new Map()
  }

  #put(key: string, entry: Entry): void {
    if (this.#young.size >= this.#limits.entriesMax / 2) {
      this.#old = this.#young
      this.#young = new Map()
      this.#held = holders(this.#old)
    }
    this.#young.set(key, entry)
    const held = this.#held.get(principalId(entry.principal))
    if (held === undefined) this.#held.set(principalId(entry.principal), [key])
    else if (!held.includes(key)) held.push(key)
  }
}

function holders(entries: ReadonlyMap<string, Entry>): Map<string, string[]> {
  const held = new Map<string, string[]>()
  for (const [key, { principal }] of entries) {
    const id = principalId(principal)
    const keys = held.get(id)
    if (keys === undefined) held.set(id, [key])
    else keys.push(key)
  }
  return held
}
