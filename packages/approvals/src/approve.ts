import { changedNothing, ToolError } from '@postern/errors'
import { type Answer, type Call, digest, type Middleware } from '@postern/tool'
import type { ApprovalDesk } from './approval-desk.ts'
import { approvalDenied, approvalExpired, approvalRequired, approvalUsed } from './approval-errors.ts'
import type { ApprovalRule, ApprovalRules } from './approvals-section.ts'
import { type ApprovalRow, approvalRows } from './approvals-table.ts'
import { decide } from './decide.ts'
import { whyNot } from './may-decide.ts'
import { requestApproval } from './request-approval.ts'
import { applies, type Facts, ruleFor, type Subject } from './rule-for.ts'
import { giveBack, spend } from './spend.ts'
import { capped, summarize } from './summary.ts'

export interface ApproveOptions extends ApprovalDesk {
  readonly rules: ApprovalRules
  /**
   * What a call means beyond its arguments, where these only point at it: the fields of the draft behind a draft id, and
   * the rows its record is in. The approval is bound to all of it. Without rows, only approvers without row rules decide.
   */
  readonly subject?: (call: Call) => Promise<Subject | undefined>
  /** A server's own words for what a call would do; undefined for the words made from arguments and facts. */
  readonly summary?: (call: Call, facts: Facts | undefined) => string | undefined
}

/**
 * The layer that lets a write through only when a person has said yes to this very call. It stands inside idempotency:
 * the replay of a finished write never asks again, and a call that still needs approval has changed nothing.
 *
 * An approval is bound to environment, server, tenant, caller, tool, arguments, facts, rows, idempotency key and rule. It is
 * spent, once, in the transaction that makes the effect final; when that fails, so does the effect. What certainly did
 * not happen and may be repeated gives it back. A write that is recovered after a crash does not come through here.
 *
 * @throws ToolError APPROVAL_REQUIRED/pending; PERMISSION_DENIED `approval_denied`, `approval_expired`,
 *   `approval_used`, and whatever `Call.ask` throws (`approval_mismatch`); RATE_LIMITED
 */
export function approve(options: ApproveOptions): Middleware {
  return async function approve(call, next) {
    const rule = ruleFor(options.rules, call.target.name)
    if (rule === undefined) return next(call)
    const { effect, idempotencyKey } = call
    if (effect === undefined || idempotencyKey === undefined)
      throw new Error(`${call.target.name} needs approval, but no idempotency layer stands around it`)

    const { idempotency_key: _, ...input } = call.input as Record<string, unknown>
    const { facts, rows } = (await options.subject?.(call)) ?? {}
    if (!applies(rule, input, facts)) return next(call)

    const summary = () => wordsFor(options, call, rule, input, facts)
    const bound = digest(facts === undefined ? input : [input, facts])
    const request = await requestApproval(options, { call, rule, idempotencyKey, rows, digest: bound, summary })
    call.notes.approvalId = request.id
    const settled = request.status === 'pending' ? await askPerson(options, call, request) : request
    permit(options, call, settled)
    effect.also((transaction) => spend(options.store, transaction, settled, effect.key))
    try {
      return await next(call)
    } catch (error) {
      // Its error tells the caller to send the same call again; without the approval that would be a lie.
      if (error instanceof ToolError && error.retryable && changedNothing(error))
        await giveBack(options.store, settled, effect.key).catch(() => undefined)
      throw error
    }
  }
}

function wordsFor(
  options: ApproveOptions,
  call: Call,
  rule: ApprovalRule,
  input: Facts,
  facts: Facts | undefined,
): string {
  const own = options.summary?.(call, facts)
  return own === undefined ? summarize(call.target, { ...input, ...facts }, Object.keys(rule.when ?? {})) : capped(own)
}

/** Returns where an approval stands; throws where the call may not go on. */
function permit(desk: ApprovalDesk, call: Call, request: ApprovalRow): void {
  switch (request.status) {
    case 'approved':
      return
    case 'pending':
      throw approvalRequired(request, whyNot(desk, request, call.principal) === undefined)
    case 'denied':
      throw approvalDenied(request)
    case 'expired':
      throw approvalExpired(request)
    case 'used':
      throw approvalUsed(request)
  }
}

/** Asks at the client where the caller may approve their own call, and returns the request as it is afterwards. */
async function askPerson(desk: ApprovalDesk, call: Call, request: ApprovalRow): Promise<ApprovalRow> {
  const { principal, ask } = call
  if (ask === undefined || whyNot(desk, request, principal) !== undefined) return request
  const answer: Answer = await ask({ id: request.id, message: request.summary, digest: request.digest })
  if (answer === 'asked') return request
  const verdict =
    answer === 'approved' ? ({ decision: 'approved' } as const) : ({ decision: 'denied', because: answer } as const)
  await decide(desk, request, { ...verdict, approver: principal, through: 'client' })
  // Someone else may have decided while the person was thinking: what is written counts.
  return approvalRows(desk.store).where('id', '=', request.id).executeTakeFirstOrThrow()
}
