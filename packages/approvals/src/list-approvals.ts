import { handles } from '@postern/policy'
import { sql } from '@postern/store'
import type { Principal } from '@postern/tool'
import { type Approval, approvalOf } from './approval.ts'
import { type ApprovalDesk, rolesAt } from './approval-desk.ts'
import { type ApprovalState, type ApprovalsSchema, approvalRows, expired } from './approvals-table.ts'

const limitMax = 100

export interface ListApprovals {
  readonly viewer: Principal
  /** Without it, requests in any state. */
  readonly state?: ApprovalState
  /** At most 100. */
  readonly limit: number
  /** `next_cursor` of the same viewer's same list. */
  readonly cursor?: string
}
export interface ApprovalPage {
  readonly approvals: readonly Approval[]
  readonly next_cursor?: string
}

/**
 * The requests that the viewer may decide by role, and those they made themselves; newest first.
 *
 * @throws ToolError VALIDATION_ERROR/cursor
 */
export async function listApprovals(desk: ApprovalDesk, query: ListApprovals): Promise<ApprovalPage> {
  const { viewer, state } = query
  const { store, environment, server } = desk
  const limit = Math.max(1, Math.min(limitMax, Math.floor(query.limit)))
  const cursors = handles(await store.secret('approvals cursor', 32))
  const subject = { list: 'approvals', environment, server, state: state ?? null }
  const mine = await approversWith(desk, viewer)

  let rows = approvalRows(store)
    .where('tenant', '=', viewer.tenant)
    .where('environment', '=', environment)
    .where('server', '=', server)
    .where((eb) =>
      eb.or([
        eb.and([eb('issuer', '=', viewer.issuer), eb('subject', '=', viewer.subject)]),
        ...(mine.length > 0 ? [eb('approvers', 'in', mine)] : []),
      ]),
    )
  if (state === 'expired') rows = rows.where(expired(store))
  else if (state !== undefined) rows = rows.where('state', '=', state).where(sql<boolean>`not ${expired(store)}`)
  if (query.cursor !== undefined) {
    const [at, id] = JSON.parse(cursors.open(query.cursor, viewer, subject)) as [number, string]
    rows = rows.where((eb) =>
      eb.or([eb('requested_at', '<', at), eb.and([eb('requested_at', '=', at), eb('id', '<', id)])]),
    )
  }
  const found = await rows
    .orderBy('requested_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    approvals: page.map(approvalOf),
    ...(found.length > limit &&
      last && { next_cursor: cursors.seal(JSON.stringify([last.requested_at, last.id]), viewer, subject) }),
  }
}

/** The role lists that the viewer belongs to, of the few (one a rule) that requests of this tenant have. */
async function approversWith(desk: ApprovalDesk, viewer: Principal): Promise<string[]> {
  const roles = rolesAt(desk, viewer)
  const lists = await desk.store
    .query<ApprovalsSchema>()
    .selectFrom('approvals')
    .select('approvers')
    .distinct()
    .where('tenant', '=', viewer.tenant)
    .execute()
  return lists
    .map((row) => row.approvers)
    .filter((approvers) => (JSON.parse(approvers) as string[]).some((role) => roles.includes(role)))
}
