import { type Attributes, inScope } from '@postern/policy'
import type { Principal } from '@postern/tool'
import { approversOf } from './approval.ts'
import { type ApprovalDesk, type ApproverRole, rolesAt } from './approval-desk.ts'
import type { ApprovalRow } from './approvals-table.ts'

/** Whether a request exists for this principal: it may decide it by role and rows, or it asked for it. */
export function maySee(desk: ApprovalDesk, row: ApprovalRow, principal: Principal): boolean {
  return isRequester(row, principal) || holdsRole(desk, row, principal)
}

/** Whether one of the principal's roles that may approve covers the record that would be written. */
export function holdsRole(desk: ApprovalDesk, row: ApprovalRow, principal: Principal): boolean {
  return covers(rolesAt(desk, principal), row)
}

/** As `holdsRole`, for the roles of one principal that looks at many requests. */
export function covers(roles: readonly ApproverRole[], row: ApprovalRow): boolean {
  const approvers = approversOf(row)
  const attributes = attributesOf(row)
  return roles.some((role) => approvers.includes(role.name) && inScope(attributes, [role.rows]))
}

export function isRequester(row: ApprovalRow, principal: Principal): boolean {
  return row.issuer === principal.issuer && row.subject === principal.subject
}

/** Where a server did not say which record it is, only roles without row rules cover it. */
function attributesOf(row: ApprovalRow): Attributes {
  const known = row.attributes === null ? {} : (JSON.parse(row.attributes) as Attributes)
  return { ...known, tenant: row.tenant }
}
