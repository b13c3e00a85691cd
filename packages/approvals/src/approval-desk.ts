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
  /** The roles that count for an approver; default is all that the principal has. */
  readonly rolesOf?: (approver: Principal) => readonly string[]
}

export function rolesAt(desk: ApprovalDesk, principal: Principal): readonly string[] {
  return desk.rolesOf?.(principal) ?? principal.roles
}
