import { ToolError } from '@postern/errors'
import type { Call, Effect, Handler, Middleware, Reply } from '@postern/tool'

/**
 * Ends a call that takes too long: its signal is aborted and the caller is answered at once, whether or not the handler
 * listens to the signal.
 *
 * A write is different once its effect has begun. Until then the deadline ends it and nothing has happened. A request
 * that has left is aborted, and what became of it is for `idempotency` to find out. A change of the server's own store
 * is bounded by the store's timeouts and is not torn.
 *
 * @param deadlineMs for targets that set none of their own
 * @throws ToolError UPSTREAM_TIMEOUT: `deadline` for a read, `not_executed` for a write
 */
export function deadline(deadlineMs: number): Middleware {
  return async function deadline(call, next) {
    return within(call.target.limits.deadlineMs ?? deadlineMs, call, next)
  }
}

async function within(ms: number, call: Call, next: Handler): Promise<Reply> {
  const passed = new AbortController()
  const late = Promise.withResolvers<never>()
  const guarded = call.effect && new GuardedEffect(call.effect, call.target.name, passed.signal)
  const timer = setTimeout(() => {
    // First the answer: aborting makes the handler fail, and its error would tell less.
    if (!guarded?.begun) late.reject(tooLate(call))
    passed.abort(tooLate(call))
  }, ms).unref()
  const signal = AbortSignal.any([call.signal, passed.signal])
  try {
    return await Promise.race([next({ ...call, signal, ...(guarded && { effect: guarded }) }), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function tooLate(call: Call): ToolError {
  const reason = call.target.effect === 'read' ? 'deadline' : 'not_executed'
  return new ToolError('UPSTREAM_TIMEOUT', reason, `${call.target.name} took longer than it may.`, {
    ...(reason === 'not_executed' && { details: { outcome: 'none' } }),
  })
}

/** Knows whether an effect has begun, refuses to begin one after the deadline, and ends a request with it. */
class GuardedEffect implements Effect {
  readonly #effect: Effect
  readonly #tool: string
  readonly #passed: AbortSignal
  begun = false

  constructor(effect: Effect, tool: string, passed: AbortSignal) {
    this.#effect = effect
    this.#tool = tool
    this.#passed = passed
  }

  get key(): string {
    return this.#effect.key
  }

  async send<T>(...[run, options]: Parameters<Effect['send']>): Promise<T> {
    this.#begin()
    const bounded = async (key: string, signal: AbortSignal) => {
      // Nothing has left yet: this is the last moment to say so.
      this.#passed.throwIfAborted()
      const either = AbortSignal.any([signal, this.#passed])
      return unlessAborted(either, this.#tool, () => run(key, either))
    }
    return this.#effect.send(bounded, options) as Promise<T>
  }

  async commit<T>(...[run]: Parameters<Effect['commit']>): Promise<T> {
    this.#begin()
    return this.#effect.commit(run) as Promise<T>
  }

  also(...[step]: Parameters<Effect['also']>): void {
    this.#effect.also(step)
  }

  #begin(): void {
    this.#passed.throwIfAborted()
    this.begun = true
  }
}

/** Ends when the signal is aborted, even where `run` does not listen to it. */
async function unlessAborted<T>(signal: AbortSignal, tool: string, run: () => Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = () =>
    aborted.reject(
      new ToolError('UPSTREAM_TIMEOUT', 'outcome_unknown', `${tool} got no answer in time.`, {
        details: { outcome: 'unknown' },
        cause: signal.reason,
      }),
    )
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([run(), aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
