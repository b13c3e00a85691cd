import type { Store } from '@postern/store'
import type { Effect } from '@postern/tool'

/** The effect of a write without the layer that makes it happen once: a transaction per commit. */
export function effectOn(store: Store, key: string): Effect {
  return {
    key,
    send: (run) => run(key, new AbortController().signal),
    commit: (run) => store.transaction(run),
    also: () => undefined,
  }
}

/** An effect whose transactions are undone once all is written: every commit rejects with `lost`. */
export function lostEffectOn(store: Store, key: string): Effect {
  return {
    ...effectOn(store, key),
    commit: (run) =>
      store.transaction(async (transaction) => {
        await run(transaction)
        throw new Error('lost')
      }),
  }
}
