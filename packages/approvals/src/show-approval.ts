import type { Principal } from '@postern/tool'
import { type Approval, approvalOf } from './approval.ts'
import type { ApprovalDesk } from './approval-desk.ts'
import { noSuchApproval } from './decide.ts'
import { findApproval } from './find-approval.ts'
import { maySee } from './may-see.ts'

/**
 * One request, for those who may decide it and for the one who asked.
 *
 * @throws ToolError NOT_FOUND/absent for an unknown id, one of another tenant and one that the viewer may not see
 */
export async function showApproval(
  desk: ApprovalDesk,
  { id, viewer }: { readonly id: string; readonly viewer: Principal },
): Promise<Approval> {
  const row = await findApproval(desk, id, viewer)
  if (!maySee(desk, row, viewer)) throw noSuchApproval()
  return approvalOf(row)
}
