import { ToolError } from '@postern/errors'
import { type Middleware, narrowPurpose, type Principal, type Target } from '@postern/tool'
import { type Decision, decide, type Policy } from './decide.ts'

/** Decides for one caller and target. */
export type Decide = (principal: Principal, target: Target) => Decision

/** The decision as a function of the policy. */
export function decider(policy: Policy): Decide {
  return (principal, target) => decide(policy, principal, target)
}

/**
 * The layer that lets a call in or refuses it: before limits and before validation, so that a caller without a grant
 * learns nothing from either.
 *
 * @throws ToolError PERMISSION_DENIED, with the rule in words; NOT_FOUND for a name this server does not have
 */
export function authorize(decision: Decide): Middleware {
  return async function authorize(call, next) {
    if (!call.target.known) throw unknown(call.target)
    const { purpose } = call.client
    const principal = purpose === undefined ? call.principal : narrowPurpose(call.principal, purpose)
    const verdict = decision(principal, call.target)
    call.notes.decision = { allowed: verdict.allowed, rule: verdict.rule }
    if (verdict.allowed) return next(principal === call.principal ? call : { ...call, principal })
    throw new ToolError(
      'PERMISSION_DENIED',
      verdict.reason,
      `You may not use ${call.target.name}: ${verdict.because}.`,
      {
        ...(verdict.reason === 'scope_missing' && { details: { scope: call.target.scope } }),
      },
    )
  }
}

function unknown(target: Target): ToolError {
  return target.kind === 'tool'
    ? new ToolError('NOT_FOUND', 'unknown_tool', 'Unknown tool')
    : new ToolError('NOT_FOUND', 'unknown_resource', 'Resource not found')
}
