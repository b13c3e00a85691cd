import type { Principal } from '@postern/tool'
import type { ApprovalDesk } from './approval-desk.ts'
import { type ApprovalRow, approvalRows } from './approvals-table.ts'
import { noSuchApproval } from './decide.ts'

/**
 * A request by its id, of the principal's tenant and of this deployment.
 *
 * @throws ToolError NOT_FOUND/absent
 */
export async function findApproval(desk: ApprovalDesk, id: string, principal: Principal): Promise<ApprovalRow> {
  const row = await approvalRows(desk.store)
    .where('id', '=', id)
    .where('tenant', '=', principal.tenant)
    .where('environment', '=', desk.environment)
    .where('server', '=', desk.server)
    .executeTakeFirst()
  if (row === undefined) throw noSuchApproval()
  return row
}
