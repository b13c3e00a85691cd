import type { ApproveOptions, Subject } from '@postern/approvals'
import { ToolError } from '@postern/errors'
import type { Call } from '@postern/tool'
import type { Binder } from './handle-call.ts'
import type { ServerDefinition } from './server-definition.ts'

/**
 * What a call is about, as the server says it, within the deadline of the call: it is asked before the layer that
 * bounds the handler, and loads records like one.
 *
 * @param deadlineMs for targets that set none of their own
 */
export function approvalSubject(
  facts: NonNullable<ServerDefinition['approvalFacts']>,
  deadlineMs: number,
  bound: Binder<object>,
): NonNullable<ApproveOptions['subject']> {
  return async (call: Call): Promise<Subject | undefined> => {
    const { idempotency_key: _, ...input } = call.input as Record<string, unknown>
    const passed = new AbortController()
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      // First the answer: what listens to the signal fails with an error that would tell less.
      late.reject(tooLate(call))
      passed.abort()
    }, call.target.limits.deadlineMs ?? deadlineMs).unref()
    const signal = AbortSignal.any([call.signal, passed.signal])
    try {
      return await Promise.race([
        facts(call.target.name, input, bound({ ...call, signal }) as never, signal),
        late.promise,
      ])
    } finally {
      clearTimeout(timer)
    }
  }
}

function tooLate(call: Call): ToolError {
  return new ToolError('UPSTREAM_TIMEOUT', 'not_executed', `${call.target.name} took longer than it may.`, {
    details: { outcome: 'none' },
  })
}
