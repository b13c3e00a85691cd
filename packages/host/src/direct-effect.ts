import { randomUUID } from 'node:crypto'
import type { Store } from '@postern/store'
import type { Middleware } from '@postern/tool'

/** Placeholder until idempotency lands. */
export function directEffect(store: Store): Middleware {
  return async function directEffect(call, next) {
    if (call.target.effect === 'read') return next(call)
    const open: { commit(): Promise<void>; rollback(): Promise<void> }[] = []
    try {
      const reply = await next({
        ...call,
        effect: {
          key: randomUUID(),
          send: (run) => run(randomUUID(), call.signal),
          async commit(run) {
            const opened = await store.begin()
            open.push(opened)
            return run(opened.transaction)
          },
          also() {},
        },
      })
      for (const one of open) await one.commit()
      return reply
    } catch (error) {
      for (const one of open) await one.rollback()
      throw error
    }
  }
}
