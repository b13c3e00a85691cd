import type { Principal } from '@postern/tool'
import { type Approval, approvalOf } from './approval.ts'
import type { ApprovalDesk } from './approval-desk.ts'
import { findApproval } from './find-approval.ts'
import { holdsRole, isRequester, mayNotDecide } from './may-decide.ts'

/**
 * One request, for those who may decide it and for the one who asked.
 *
 * @throws ToolError NOT_FOUND/absent for an unknown id and for one of another tenant; PERMISSION_DENIED/not_granted
 */
export async function showApproval(
  desk: ApprovalDesk,
  { id, viewer }: { readonly id: string; readonly viewer: Principal },
): Promise<Approval> {
  const row = await findApproval(desk, id, viewer)
  if (!holdsRole(desk, row, viewer) && !isRequester(row, viewer)) throw mayNotDecide(row, 'role')
  return approvalOf(row)
}
