import { ToolError } from '@postern/errors'
import { sql } from '@postern/store'
import type { Principal } from '@postern/tool'
import type { ApprovalDesk } from './approval-desk.ts'
import type { ApprovalEvent } from './approval-event.ts'
import { type ApprovalRow, type ApprovalsSchema, expired } from './approvals-table.ts'

export interface Verdict {
  readonly decision: 'approved' | 'denied'
  readonly approver: Principal
  readonly through: 'client' | 'desk'
  readonly because?: string
}

/**
 * Writes a decision, once: of several at the same time exactly one wins, and none after expiry.
 *
 * @returns false when the request was decided or expired meanwhile; then nothing was written
 */
export function decide(desk: ApprovalDesk, row: ApprovalRow, verdict: Verdict): Promise<boolean> {
  const { store, onEvent } = desk
  const { decision, approver, through, because } = verdict
  return store.transaction(async (transaction) => {
    const { numUpdatedRows } = await store
      .within<ApprovalsSchema>(transaction)
      .updateTable('approvals')
      .set({
        state: decision,
        decided_at: store.now,
        decided_by_issuer: approver.issuer,
        decided_by_subject: approver.subject,
        decided_through: through,
        because: because ?? null,
      })
      .where('id', '=', row.id)
      .where('state', '=', 'pending')
      .where(sql<boolean>`not ${expired(store)}`)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    await onEvent?.(eventOf(row, { kind: decision, approver, through, ...(because && { because }) }), transaction)
    return true
  })
}

export function eventOf(
  row: ApprovalRow,
  what: Pick<ApprovalEvent, 'kind' | 'approver' | 'through' | 'because'>,
): ApprovalEvent {
  const { id: approvalId, tenant, tool, digest, issuer, subject } = row
  return { ...what, approvalId, tenant, tool, digest, requester: { issuer, subject } }
}

/** The one answer for ids that do not exist, ids of other tenants, and requests that no role of the caller covers. */
export function noSuchApproval(): ToolError {
  return new ToolError('NOT_FOUND', 'absent', 'There is no such approval request, or you may not see it.', {
    nextStep: 'Check the approval id; list the requests that you may decide.',
  })
}
