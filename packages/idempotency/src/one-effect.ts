import type { Effect, SendOptions, Transaction } from '@postern/tool'
import type { RecoveryClass } from './options.ts'

export type Run<T> = (key: string, signal: AbortSignal) => Promise<T>
export type Step = (transaction: Transaction) => Promise<void>

/** One of `send` and `commit`, once, and only while the call lasts. */
export abstract class OneEffect implements Effect {
  readonly key: string
  #used = false
  #ended = false
  #running: Promise<unknown> = Promise.resolve()

  constructor(key: string) {
    this.key = key
  }

  send<T>(run: Run<T>, options: SendOptions<T> = {}): Promise<T> {
    return this.#once(() => this.sendOnce(run, options))
  }

  commit<T>(run: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#once(() => this.commitOnce(run))
  }

  abstract also(step: Step): void
  protected abstract sendOnce<T>(run: Run<T>, options: SendOptions<T>): Promise<T>
  protected abstract commitOnce<T>(run: (transaction: Transaction) => Promise<T>): Promise<T>

  /** Lets nothing begin any more, and waits for what has begun: only then its fate is certain. */
  async close(): Promise<void> {
    this.#ended = true
    await this.#running
  }

  async #once<T>(start: () => Promise<T>): Promise<T> {
    if (this.#ended) throw new Error('the call has ended; its effect cannot begin any more')
    if (this.#used) throw new Error('an effect is used once: one send or one commit')
    this.#used = true
    const running = start()
    this.#running = running.catch(() => undefined)
    return running
  }
}

/** @throws Error for a write whose backend has not said how an unclear end is settled: it must not be sent at all */
export function recoveryOf(
  declared: Readonly<Record<string, RecoveryClass>>,
  options: SendOptions<unknown>,
): Exclude<RecoveryClass, 'transaction'> {
  const { method, find } = options
  const recovery = method !== undefined && Object.hasOwn(declared, method) ? declared[method] : undefined
  if (recovery === undefined)
    throw new Error(`send: no recovery class is declared for ${method ?? 'an unnamed method'}`)
  if (recovery === 'transaction') throw new Error(`send: ${method} is declared as a transaction; use commit`)
  if (recovery === 'lookup' && find === undefined) throw new Error(`send: ${method} is declared as lookup without find`)
  return recovery
}
