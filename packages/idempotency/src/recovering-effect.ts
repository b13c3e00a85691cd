import type { SendOptions, Transaction } from '@postern/tool'
import { effectKey } from './claim-key.ts'
import type { ClaimAt, Claims } from './claims.ts'
import { OneEffect, type Run } from './one-effect.ts'
import { windowMsOf } from './options.ts'
import { settling, takenOver } from './write-errors.ts'

/** How far a recovery has come. */
export type RecoveryFate =
  /** The handler ended before it reached its effect. */
  | { readonly kind: 'none' }
  /** It has happened, now or before. */
  | { readonly kind: 'executed' }
  /** Too early to look, or another look is needed. */
  | { readonly kind: 'wait'; readonly waitMs: number; readonly miss: boolean }
  /** Nobody can find out. */
  | { readonly kind: 'hopeless'; readonly why: string }
  | { readonly kind: 'failed'; readonly error: unknown }

/** So many searches that find nothing are believed. */
const findsMax = 3
const findAgainMs = 1_000
const keyValidMsDefault = 60 * 60 * 1000

interface Parts {
  readonly claims: Claims
  readonly row: ClaimAt
  readonly leaseMs: number
}

/**
 * The effect of a write that may have been sent already. Same key as before; what may be done depends on the recovery
 * class that was recorded with `sent`.
 */
export class RecoveringEffect extends OneEffect {
  readonly #parts: Parts
  readonly #began = performance.now()
  fate: RecoveryFate = { kind: 'none' }

  constructor(parts: Parts) {
    super(effectKey(parts.row.id))
    this.#parts = parts
  }

  /** Steps were committed with `sent` and are not taken twice. */
  also(): void {}

  protected async sendOnce<T>(run: Run<T>, options: SendOptions<T>): Promise<T> {
    switch (this.#parts.row.recovery) {
      case 'client-id':
        return this.#try((signal) => run(this.key, signal))
      case 'native-key':
        if (this.#sentAgoMs() < (options.keyValidMs ?? keyValidMsDefault))
          return this.#try((signal) => run(this.key, signal))
        return this.#lookUp(run, options)
      case 'lookup':
        return this.#lookUp(run, options)
      default:
        return this.#end({ kind: 'hopeless', why: `nothing is known of recovery class ${this.#parts.row.recovery}` })
    }
  }

  protected async commitOnce<T>(_: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#end({ kind: 'hopeless', why: 'it was sent upstream, and this version changes its own store' })
  }

  async #lookUp<T>(run: Run<T>, options: SendOptions<T>): Promise<T> {
    const { find, settleMs = 0, whenMissing = 'unknown' } = options
    if (find === undefined) return this.#end({ kind: 'hopeless', why: 'the vendor has forgotten its key by now' })
    const earlyMs = settleMs - this.#sentAgoMs()
    if (earlyMs > 0) return this.#end({ kind: 'wait', waitMs: earlyMs, miss: false })

    const found = await this.#try((signal) => find(this.key, signal), 'wait')
    if (found !== undefined) {
      this.fate = { kind: 'executed' }
      return found
    }
    if (this.#parts.row.misses + 1 < findsMax)
      return this.#end({ kind: 'wait', waitMs: Math.max(settleMs, findAgainMs), miss: true })
    if (whenMissing === 'unknown' || this.#parts.row.recovery !== 'lookup')
      return this.#end({ kind: 'hopeless', why: `${findsMax} searches found nothing` })
    // From now on `find` may miss what is sent here, so the settle time starts again.
    if (!(await this.#parts.claims.markSentAgain(this.#parts.row, this.#parts.leaseMs))) throw takenOver(this.#tool)
    return this.#try((signal) => run(this.key, signal))
  }

  /** @param success what a value means: that it happened, or (for a search) nothing yet */
  async #try<T>(run: (signal: AbortSignal) => Promise<T>, success: 'executed' | 'wait' = 'executed'): Promise<T> {
    const leftMs = Math.floor(windowMsOf(this.#parts.leaseMs) - (performance.now() - this.#began))
    if (leftMs <= 0) throw takenOver(this.#tool)
    try {
      const value = await run(AbortSignal.timeout(leftMs))
      if (success === 'executed') this.fate = { kind: 'executed' }
      return value
    } catch (error) {
      this.fate = { kind: 'failed', error }
      throw error
    }
  }

  #end(fate: RecoveryFate): never {
    this.fate = fate
    throw settling(this.#tool, fate.kind === 'wait' ? fate.waitMs : 0)
  }

  /** By the database's clock as of the takeover, and our own since. */
  #sentAgoMs(): number {
    const { now, sent_at, created_at } = this.#parts.row
    return now - (sent_at ?? created_at) + (performance.now() - this.#began)
  }

  get #tool(): string {
    return this.#parts.row.tool
  }
}
