import { AuthError } from './auth-error.ts'
import { fetchJson, reasonOf } from './fetch-json.ts'
import type { Algorithm } from './identity-section.ts'
import { keysFor, type VerificationKey, verificationKeys } from './verification-key.ts'

/** The public keys of one issuer. */
export interface KeySource {
  /**
   * The key that may have made a signature, or undefined when the issuer has no such key.
   *
   * @throws AuthError `keys_unavailable` when nobody can say
   */
  find(kid: string | undefined, algorithm: Algorithm): Promise<VerificationKey | undefined>
}

/** Keys of an issuer that runs in this process. */
export function localKeys(jwks: unknown): KeySource {
  const keys = verificationKeys(jwks)
  return { find: async (kid, algorithm) => keysFor(keys, kid, algorithm)[0] }
}

export type KeyEvent =
  | { readonly kind: 'keys_fetched'; readonly url: string; readonly kids: readonly string[] }
  | { readonly kind: 'keys_not_fetched'; readonly url: string; readonly reason: string }

export interface RemoteKeysOptions {
  readonly url: string
  /** Milliseconds of a clock that is never set back. */
  readonly now: () => number
  readonly onEvent: (event: KeyEvent) => void
  /** A key the issuer used to publish is gone: what was verified with it must not be relied upon any longer. */
  readonly onWithdrawn: () => void
}

const limits = { timeoutMs: 3000, bytesMax: 256 * 1024 }

/** Between two requests, whoever asks: a flood of unknown `kid`s must not become a flood on the issuer. */
const cooldownMs = 30_000
/** The same while there are no keys at all and every caller waits for them. */
const coldCooldownMs = 5000
/** Keys of this age are fetched anew in the background, */
const refreshAfterMs = 5 * 60_000
/** of this age while the caller waits, if the issuer answered last time, so that an idle server trusts no old keys, */
const waitAfterMs = 10 * 60_000
/** and keys that could not be fetched anew for this long are not used any more. */
const closedAfterMs = 60 * 60_000

/**
 * The keys an issuer publishes over HTTP: fetched when first needed, again when a token names an unknown one, and kept
 * for an hour while the issuer is down. Concurrent callers share one request.
 */
export class RemoteKeys implements KeySource {
  readonly #options: RemoteKeysOptions
  #keys: readonly VerificationKey[] = []
  #fetchedAt = Number.NEGATIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY
  #answered = true
  #asking: Promise<void> | undefined

  constructor(options: RemoteKeysOptions) {
    this.#options = options
  }

  async find(kid: string | undefined, algorithm: Algorithm): Promise<VerificationKey | undefined> {
    const age = this.#options.now() - this.#fetchedAt
    if (age >= closedAfterMs) {
      await this.#refresh(coldCooldownMs)
      if (this.#options.now() - this.#fetchedAt >= closedAfterMs)
        throw new AuthError('keys_unavailable', `no keys from ${this.#options.url}`)
    } else if (age >= refreshAfterMs) {
      const refreshed = this.#refresh(cooldownMs)
      if (age >= waitAfterMs && this.#answered) await refreshed
    }
    const known = keysFor(this.#keys, kid, algorithm)[0]
    if (known !== undefined) return known
    await this.#refresh(cooldownMs)
    return keysFor(this.#keys, kid, algorithm)[0]
  }

  /** Asks the issuer, unless it was asked a moment ago. Never rejects: a failure leaves the keys as they are. */
  #refresh(cooldown: number): Promise<void> {
    if (this.#asking !== undefined) return this.#asking
    const now = this.#options.now()
    if (now - this.#askedAt < cooldown) return Promise.resolve()
    this.#askedAt = now
    this.#asking = this.#fetch(now).finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #fetch(now: number): Promise<void> {
    const { url, onEvent, onWithdrawn } = this.#options
    try {
      const answer = await fetchJson(url, { headers: { accept: 'application/jwk-set+json, application/json' } }, limits)
      if (answer.status !== 200) throw new Error(`status ${answer.status}`)
      const keys = verificationKeys(answer.body)
      const published = new Set(keys.map((key) => JSON.stringify(key)))
      const withdrawn = this.#keys.some((key) => !published.has(JSON.stringify(key)))
      this.#keys = keys
      this.#fetchedAt = now
      this.#answered = true
      if (withdrawn) onWithdrawn()
      onEvent({ kind: 'keys_fetched', url, kids: keys.map((key) => key.kid ?? '') })
    } catch (error) {
      this.#answered = false
      onEvent({ kind: 'keys_not_fetched', url, reason: reasonOf(error) })
    }
  }
}
