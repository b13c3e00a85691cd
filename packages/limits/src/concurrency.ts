import { ToolError } from '@postern/errors'
import { type Middleware, principalId } from '@postern/tool'

/** Most calls end well within this time; a caller that waits so long finds room again. */
const retryAfterMs = 250

/**
 * Limits how many calls of one caller run at the same time in this process, so that one caller cannot take the
 * connections and the memory of all.
 *
 * @throws ToolError RATE_LIMITED/concurrency
 */
export function concurrency(callsMax: number): Middleware {
  const running = new Map<string, number>()
  return async function concurrency(call, next) {
    const caller = `${call.principal.tenant}\u0000${principalId(call.principal)}`
    const count = running.get(caller) ?? 0
    if (count >= callsMax)
      throw new ToolError('RATE_LIMITED', 'concurrency', `You have ${count} calls running; ${callsMax} are allowed.`, {
        retryAfterMs,
      })
    running.set(caller, count + 1)
    try {
      return await next(call)
    } finally {
      const left = (running.get(caller) ?? 1) - 1
      if (left === 0) running.delete(caller)
      else running.set(caller, left)
    }
  }
}
