import { ToolError } from '@postern/errors'
import type { Principal } from '@postern/tool'
import { approversOf } from './approval.ts'
import type { ApprovalDesk } from './approval-desk.ts'
import type { DecisionRefusal } from './approval-event.ts'
import type { ApprovalRow } from './approvals-table.ts'
import { anyOf } from './describe-rule.ts'
import { holdsRole, isRequester } from './may-see.ts'

/** What keeps a principal from deciding, whatever the state of the request. */
type Bar = Exclude<DecisionRefusal, 'expired' | 'decided'>

/** Why this principal may not decide this request of its own tenant; undefined when it may. */
export function whyNot(desk: ApprovalDesk, row: ApprovalRow, principal: Principal): Bar | undefined {
  if (principal.readOnly) return 'read_only'
  if (!holdsRole(desk, row, principal)) return 'role'
  if (row.self === 0 && isRequester(row, principal)) return 'own_request'
  // A service that acts for a person is a service: that the person was asked is only its word.
  if (row.services === 0 && (principal.kind === 'service' || principal.actor !== undefined)) return 'service'
  return undefined
}

/** A refusal in words for the person who tried to decide. */
export function mayNotDecide(row: ApprovalRow, because: Bar): ToolError {
  const roles = anyOf(approversOf(row))
  const words = {
    read_only: 'Your access is read-only, and an approval lets a write happen.',
    role: `Only someone with role ${roles} may decide ${row.id}.`,
    own_request: `You asked for ${row.id} yourself, and this rule does not let you approve your own calls.`,
    service: `${row.id} must be decided by a person, not by a service or on someone's behalf.`,
  }
  return new ToolError('PERMISSION_DENIED', because === 'read_only' ? 'read_only' : 'not_granted', words[because], {
    nextStep:
      because === 'service' ? 'Let the person decide with their own token.' : `Ask someone else with role ${roles}.`,
    details: { because, approvers: approversOf(row) },
  })
}
