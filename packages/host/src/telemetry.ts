import { ToolError } from '@postern/errors'
import type { Call, Middleware } from '@postern/tool'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

/** Faults that are ours or an upstream's; everything else is an ordinary answer to a caller. */
const faults: ReadonlySet<string> = new Set(['INTERNAL', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT'])

/** A call that the audit layer, outside of this one, did not let pass or did not let out. */
export function logUnrecorded(log: Logger, metrics: Metrics, error: ToolError, call: Call): void {
  const target = labelOf(call)
  metrics.call(target, error.code, 0)
  log.error(
    { request_id: call.requestId, [call.target.kind]: target, code: error.code, reason: error.reason },
    'call not recorded',
  )
}

/** A name that does not exist comes from the caller: one label for all of them, or they fill the memory. */
const labelOf = ({ target }: Call): string => (target.known ? target.name : 'unknown')

/** One log line and one count per call: what, how it ended, how long it took. Never what was in it. */
export function telemetry(log: Logger, metrics: Metrics): Middleware {
  return async function telemetry(call, next) {
    const started = performance.now()
    const target = labelOf(call)
    const line = (code: string) => {
      const ms = performance.now() - started
      metrics.call(target, code, ms / 1000)
      return {
        request_id: call.requestId,
        [call.target.kind]: target,
        code,
        rule: call.notes.decision?.rule,
        ms: Math.round(ms * 10) / 10,
      }
    }
    try {
      const reply = await next(call)
      log.info(line(reply.error?.code ?? 'OK'), 'call')
      return reply
    } catch (thrown) {
      const error = ToolError.from(thrown)
      if (faults.has(error.code))
        log.error({ ...line(error.code), reason: error.reason, err: error.cause }, 'call failed')
      else log.info({ ...line(error.code), reason: error.reason }, 'call')
      throw error
    }
  }
}
