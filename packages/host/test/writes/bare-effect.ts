import type { OpenTransaction, Store } from '@postern/store'
import type { Middleware } from '@postern/tool'

/** A write without the idempotency layer: its effect happens, and nothing is remembered of it. */
export function bareEffect(store: Store): Middleware {
  return async function bareEffect(call, next) {
    let open: OpenTransaction | undefined
    await (await call.intent?.())?.durable
    const reply = await next({
      ...call,
      effect: {
        key: call.requestId,
        send: (run) => run(call.requestId, call.signal),
        async commit(run) {
          open = await store.begin()
          return run(open.transaction)
        },
        also() {},
      },
    })
    await open?.commit()
    return reply
  }
}
