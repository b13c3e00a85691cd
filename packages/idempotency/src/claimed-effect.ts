import type { OpenTransaction, Store } from '@postern/store'
import type { Call, SendOptions, Transaction } from '@postern/tool'
import { effectKey } from './claim-key.ts'
import type { Claims, Held } from './claims.ts'
import { OneEffect, type Run, recoveryOf, type Step } from './one-effect.ts'
import { type WriteOptions, windowMsOf } from './options.ts'
import { callerGone, takenOver } from './write-errors.ts'

/** How far an effect has come. */
export type Fate =
  /** Nothing was recorded and nothing has happened. */
  | { readonly kind: 'none' }
  /** A change of the store, open until its answer is recorded with it. */
  | { readonly kind: 'open'; readonly open: OpenTransaction }
  /** `sent` may be recorded, but nothing has left. */
  | { readonly kind: 'unsent' }
  /** The upstream said yes. */
  | { readonly kind: 'executed'; readonly recovery: string }
  /** It left and came to no good end. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly recovery: string; readonly settleMs: number }

interface Parts {
  readonly store: Store
  readonly claims: Claims
  readonly held: Held
  readonly call: Call
  readonly leaseMs: number
  readonly options: Pick<WriteOptions, 'recovery' | 'fault'>
}

/** The effect of a call that holds a fresh claim. */
export class ClaimedEffect extends OneEffect {
  readonly #parts: Parts
  readonly #steps: Step[] = []
  readonly #onBegin: () => void
  fate: Fate = { kind: 'none' }

  constructor(parts: Parts, onBegin: () => void) {
    super(effectKey(parts.held.id))
    this.#parts = parts
    this.#onBegin = onBegin
  }

  also(step: Step): void {
    this.#steps.push(step)
  }

  protected async sendOnce<T>(run: Run<T>, options: SendOptions<T>): Promise<T> {
    const recovery = recoveryOf(this.#parts.options.recovery, options)
    this.#begin()
    const { leaseMs, call } = this.#parts
    const windowEnds = performance.now() + windowMsOf(leaseMs)
    await this.#markSent(recovery)
    await this.#parts.options.fault?.('K2b')

    // In the tick of the first byte: a process that was stopped in between may have been taken over (rule I11).
    const leftMs = Math.floor(windowEnds - performance.now())
    if (leftMs <= 0) throw takenOver(call.target.name)
    const fails = (error: unknown) => {
      this.fate = { kind: 'failed', error, recovery, settleMs: recovery === 'lookup' ? (options.settleMs ?? 0) : 0 }
    }
    fails(undefined)
    try {
      // Not the caller's signal: what has left is driven to its end, whether or not the caller waits (rule I13).
      const value = await run(this.key, AbortSignal.timeout(leftMs))
      this.fate = { kind: 'executed', recovery }
      return value
    } catch (error) {
      fails(error)
      throw error
    }
  }

  protected async commitOnce<T>(run: (transaction: Transaction) => Promise<T>): Promise<T> {
    this.#begin()
    const { store, claims, held, leaseMs, call, options } = this.#parts
    const open = await store.begin()
    try {
      if (!(await claims.lock(held, leaseMs, open.transaction))) throw takenOver(call.target.name)
      for (const step of this.#steps) await step(open.transaction)
      await options.fault?.('K2b')
      const value = await run(open.transaction)
      this.fate = { kind: 'open', open }
      return value
    } catch (error) {
      await open.rollback()
      throw error
    }
  }

  #begin(): void {
    if (this.#parts.call.signal.aborted) throw callerGone(this.#parts.call.target.name)
    this.#onBegin()
  }

  async #markSent(recovery: string): Promise<void> {
    const { store, claims, held, leaseMs, call } = this.#parts
    const { transaction, commit, rollback } = await store.begin()
    try {
      if (!(await claims.markSent(held, leaseMs, recovery, transaction))) throw takenOver(call.target.name)
      for (const step of this.#steps) await step(transaction)
    } catch (error) {
      await rollback()
      throw error
    }
    this.fate = { kind: 'unsent' }
    await commit()
  }
}
