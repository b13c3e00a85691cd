import { ToolError } from '@postern/errors'
import type { Question } from '@postern/tool'
import { approversOf, time } from './approval.ts'
import type { ApprovalRow } from './approvals-table.ts'
import { anyOf } from './describe-rule.ts'

/** A person has to say yes first; tells the caller exactly how to go on. */
export function approvalRequired(row: ApprovalRow, mayApproveOwn: boolean): ToolError {
  const role = `someone${mayApproveOwn ? ' else' : ''} with role ${anyOf(approversOf(row))}`
  const whom = mayApproveOwn ? `the user, or ${role},` : role
  return new ToolError(
    'APPROVAL_REQUIRED',
    'pending',
    `${row.tool} needs the approval of a person before it is done.`,
    {
      nextStep:
        `Ask ${whom} to approve ${row.id} (postern approvals approve ${row.id}), ` +
        'then send the same call with the same idempotency_key.',
      details: {
        approval_id: row.id,
        expires_at: time(row.expires_at),
        approvers: approversOf(row),
        summary: row.summary,
      },
    },
  )
}

const denialWords: Readonly<Record<string, string>> = {
  wrong_data: 'the data is wrong',
  not_needed: 'it is not needed',
  too_risky: 'it is too risky',
  not_authorized: 'the caller should not do this',
  declined: 'the person at the client declined',
  cancelled: 'the person at the client closed the question',
}

export function approvalDenied(row: ApprovalRow): ToolError {
  const because = row.because ?? 'other'
  const words = denialWords[because]
  return new ToolError(
    'PERMISSION_DENIED',
    'approval_denied',
    `A person refused this call${words ? `: ${words}` : ''}.`,
    {
      details: { approval_id: row.id, because },
    },
  )
}

export function approvalExpired(row: ApprovalRow): ToolError {
  return new ToolError(
    'PERMISSION_DENIED',
    'approval_expired',
    `The approval request ${row.id} of this call expired at ${time(row.expires_at)}.`,
    { details: { approval_id: row.id, expires_at: time(row.expires_at) } },
  )
}

export function approvalUsed(row: ApprovalRow): ToolError {
  return new ToolError('PERMISSION_DENIED', 'approval_used', `The approval ${row.id} of this call was used before.`, {
    details: { approval_id: row.id },
  })
}

/**
 * For the host's `Call.ask`: refuses an answer that a client gives to another question than the one now asked, such as
 * a state minted for another tool, for other arguments, or for an earlier call (mcp `requestState` is only signed).
 *
 * @param answered what the client's answer says it belongs to
 * @throws ToolError PERMISSION_DENIED/approval_mismatch
 */
export function refuseForeignAnswer(question: Question, answered: Pick<Question, 'id' | 'digest'>): void {
  if (answered.id === question.id && answered.digest === question.digest) return
  throw new ToolError(
    'PERMISSION_DENIED',
    'approval_mismatch',
    'This answer belongs to another request for approval.',
    {
      details: { approval_id: question.id },
    },
  )
}
