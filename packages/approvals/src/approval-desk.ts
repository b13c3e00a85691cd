import type { Conjunction } from '@postern/policy'
import type { Store } from '@postern/store'
import type { Principal } from '@postern/tool'
import type { OnApprovalEvent } from './approval-event.ts'

/** Where approvals of one deployment live: what the middleware and the approver's functions share. */
export interface ApprovalDesk {
  /** Migrated with `approvalsMigrations`. */
  readonly store: Store
  readonly environment: string
  readonly server: string
  /** Absent only where nothing has to be audited. */
  readonly onEvent?: OnApprovalEvent
  /** The roles that count for an approver; default is all that the principal has, over all rows of its tenant. */
  readonly rolesOf?: (approver: Principal) => readonly ApproverRole[]
}

/** A role of an approver, and the rows over which it decides. */
export interface ApproverRole {
  readonly name: string
  readonly rows: Conjunction
}

export function rolesAt(desk: ApprovalDesk, principal: Principal): readonly ApproverRole[] {
  return desk.rolesOf?.(principal) ?? principal.roles.map((name) => ({ name, rows: { tenant: [principal.tenant] } }))
}
