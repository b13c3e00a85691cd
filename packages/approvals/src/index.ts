export type { Approval } from './approval.ts'
export type { ApprovalDesk, ApproverRole } from './approval-desk.ts'
export { refuseForeignAnswer } from './approval-errors.ts'
export {
  type ApprovalEvent,
  type DecisionRefusal,
  type DenialReason,
  denialReasons,
  type OnApprovalEvent,
} from './approval-event.ts'
export { type ApprovalFault, approvalFaults } from './approval-faults.ts'
export { type ApprovalCondition, type ApprovalRule, type ApprovalRules, approvalsSection } from './approvals-section.ts'
export { type ApprovalState, approvalsMigrations } from './approvals-table.ts'
export { type ApproveOptions, approve } from './approve.ts'
export { type DecideApproval, decideApproval } from './decide-approval.ts'
export { describeRule } from './describe-rule.ts'
export { type ApprovalPage, type ListApprovals, listApprovals } from './list-approvals.ts'
export { type Facts, ruleFor, type Subject } from './rule-for.ts'
export { showApproval } from './show-approval.ts'
export { sweepApprovals } from './sweep-approvals.ts'
