import { ToolError } from '@postern/errors'
import type { Principal } from '@postern/tool'
import { type Approval, approvalOf, time } from './approval.ts'
import type { ApprovalDesk } from './approval-desk.ts'
import type { DecisionRefusal, DenialReason } from './approval-event.ts'
import type { ApprovalRow } from './approvals-table.ts'
import { decide, eventOf, noSuchApproval } from './decide.ts'
import { findApproval } from './find-approval.ts'
import { mayNotDecide, whyNot } from './may-decide.ts'
import { maySee } from './may-see.ts'

export interface DecideApproval {
  readonly id: string
  readonly decision: 'approved' | 'denied'
  /** As proved by their own token. */
  readonly approver: Principal
  /** Told to the caller of a denied call; default `other`. Ignored on an approval. */
  readonly because?: DenialReason
}

/**
 * Decides a request: once, before it expires, by someone who may. Refusals are reported as events too.
 *
 * @returns the request as it is now
 * @throws ToolError NOT_FOUND/absent for an unknown id, one of another tenant and one that none of the approver's roles
 *   covers; PERMISSION_DENIED `not_granted` or `read_only` with `details.because` (a DecisionRefusal), or
 *   `approval_expired`; CONFLICT/stale when it was decided before
 */
export async function decideApproval(desk: ApprovalDesk, request: DecideApproval): Promise<Approval> {
  const { id, approver, decision } = request
  const row = await findApproval(desk, id, approver)
  const refusal = whyNot(desk, row, approver)
  if (refusal !== undefined) {
    await refused(desk, row, approver, refusal)
    // Who may not see it learns no more than about an id that does not exist; the audit learns who tried.
    throw maySee(desk, row, approver) ? mayNotDecide(row, refusal) : noSuchApproval()
  }
  const because = decision === 'denied' ? { because: request.because ?? 'other' } : {}
  const won = await decide(desk, row, { decision, approver, through: 'desk', ...because })
  const now = await findApproval(desk, id, approver)
  if (won) return approvalOf(now)
  await refused(desk, row, approver, now.status === 'expired' ? 'expired' : 'decided')
  throw now.status === 'expired' ? tooLate(now) : decidedBefore(now)
}

async function refused(
  desk: ApprovalDesk,
  row: ApprovalRow,
  approver: Principal,
  because: DecisionRefusal,
): Promise<void> {
  await desk.onEvent?.(eventOf(row, { kind: 'refused', approver, through: 'desk', because }))
}

function tooLate(row: ApprovalRow): ToolError {
  return new ToolError('PERMISSION_DENIED', 'approval_expired', `${row.id} expired at ${time(row.expires_at)}.`, {
    nextStep: 'Let the caller make the call again with a new idempotency_key, and decide that request.',
    details: { approval_id: row.id, expires_at: time(row.expires_at) },
  })
}

function decidedBefore(row: ApprovalRow): ToolError {
  const state = row.status === 'used' ? 'approved and used' : row.status
  return new ToolError('CONFLICT', 'stale', `${row.id} was decided before: it is ${state}.`, {
    nextStep: 'Show the request to see who decided; a decision is final.',
    details: { approval_id: row.id, state: row.status },
  })
}
