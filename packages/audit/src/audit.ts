import { changedNothing, ToolError } from '@postern/errors'
import type { Call, Intent, Middleware, Reply } from '@postern/tool'
import type { AuditLog } from './audit-log.ts'
import { callEntry, phaseOf, replyEntry } from './call-entry.ts'
import { durabilityOf } from './durability-of.ts'

export interface AuditOptions {
  /** Renders an error; these bytes are hashed and sent. */
  readonly toReply: (error: ToolError, call: Call) => Reply
  /** Told of a call whose answer was replaced because it could not be recorded: no layer inside of this one knows. */
  readonly onUnrecorded?: (error: ToolError, call: Call) => void
}

/**
 * Records every call: the outermost layer, so that what any other layer refuses is recorded too.
 *
 * A write gets `call.intent`, to be awaited before any effect. Nothing is answered before its
 * record is where it has to be: in the kernel for a read, on disk for everything else. Where that fails the answer is replaced
 * by UPSTREAM_UNAVAILABLE, `audit_down` if nothing happened, `outcome_unknown` if a write may have.
 */
export function audit(log: AuditLog, { toReply, onUnrecorded }: AuditOptions): Middleware {
  const unrecorded = (error: ToolError, call: Call): Reply => {
    onUnrecorded?.(error, call)
    return toReply(error, call)
  }
  return async function audit(call, next) {
    const began = performance.now()
    try {
      log.admit()
    } catch (error) {
      return unrecorded(ToolError.from(error), call)
    }

    const entry = callEntry(call, log)
    let intent: Promise<Intent> | undefined
    const recorded: Call =
      call.target.effect === 'read'
        ? call
        : {
            ...call,
            intent: (transaction) => {
              const { claim } = call.notes
              const write = { claim: claim?.id, ...entry.write, store: claim?.store }
              intent ??= log.intend({ ...entry, write }, transaction)
              return intent
            },
          }

    const { reply, error } = await answer(recorded)
    const intended = intent !== undefined
    const phase = phaseOf(call, reply, intended)
    const duration_ms = Math.round((performance.now() - began) * 1000) / 1000
    try {
      const whole = { ...entry, ...replyEntry(call, reply, log), phase, duration_ms }
      await log.append(whole, durabilityOf(phase), { owed: intended })
      return reply
    } catch (down) {
      const happened = intended && (error === undefined || !changedNothing(error))
      return unrecorded(happened ? outcomeUnknown(down) : ToolError.from(down), call)
    }

    async function answer(call: Call): Promise<{ reply: Reply; error?: ToolError }> {
      try {
        return { reply: await next(call) }
      } catch (thrown) {
        const error = ToolError.from(thrown)
        return { reply: toReply(error, call), error }
      }
    }
  }
}

function outcomeUnknown(cause: unknown): ToolError {
  return new ToolError(
    'UPSTREAM_UNAVAILABLE',
    'outcome_unknown',
    'This write may have happened, but its outcome could not be recorded.',
    { cause },
  )
}
