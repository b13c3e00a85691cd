import { handles } from '@postern/policy'
import { sql } from '@postern/store'
import type { Principal } from '@postern/tool'
import { type Approval, approvalOf } from './approval.ts'
import { type ApprovalDesk, type ApproverRole, rolesAt } from './approval-desk.ts'
import { type ApprovalRow, type ApprovalState, type ApprovalsSchema, approvalRows, expired } from './approvals-table.ts'
import { covers, isRequester } from './may-see.ts'

const limitMax = 100
/** Requests that are looked at for one page: more than these and the page ends early, with a cursor. */
const batchRows = 200
const batchesMax = 10

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
 * The requests that the viewer may decide by role and rows, and those they made themselves; newest first. A short page
 * with a cursor is not the last.
 *
 * @throws ToolError VALIDATION_ERROR/cursor
 */
export async function listApprovals(desk: ApprovalDesk, query: ListApprovals): Promise<ApprovalPage> {
  const { viewer, state } = query
  const { store, environment, server } = desk
  const limit = Math.max(1, Math.min(limitMax, Math.floor(query.limit)))
  const cursors = handles(await store.secret('approvals cursor', 32))
  const subject = { list: 'approvals', environment, server, state: state ?? null }
  const roles = rolesAt(desk, viewer)
  const mine = await approversWith(desk, viewer, roles)

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
    .orderBy('requested_at', 'desc')
    .orderBy('id', 'desc')
    .limit(batchRows + 1)
  if (state === 'expired') rows = rows.where(expired(store))
  else if (state !== undefined) rows = rows.where('state', '=', state).where(sql<boolean>`not ${expired(store)}`)

  const after = (position: Position | undefined) =>
    position === undefined
      ? rows
      : rows.where((eb) =>
          eb.or([
            eb('requested_at', '<', position[0]),
            eb.and([eb('requested_at', '=', position[0]), eb('id', '<', position[1])]),
          ]),
        )
  let position =
    query.cursor === undefined ? undefined : (JSON.parse(cursors.open(query.cursor, viewer, subject)) as Position)
  const page: ApprovalRow[] = []
  let more = true
  for (let batches = 0; more && page.length < limit && batches < batchesMax; batches++) {
    const found = await after(position).execute()
    const batch = found.slice(0, batchRows)
    let looked = 0
    for (const row of batch) {
      if (page.length === limit) break
      looked += 1
      position = [row.requested_at, row.id]
      // Rows differ from request to request, so that each is looked at here.
      if (isRequester(row, viewer) || covers(roles, row)) page.push(row)
    }
    more = looked < found.length
  }
  return {
    approvals: page.map(approvalOf),
    ...(more && position && { next_cursor: cursors.seal(JSON.stringify(position), viewer, subject) }),
  }
}

/** Of the last request that was looked at. */
type Position = readonly [requestedAt: number, id: string]

/** The role lists that the viewer belongs to, of the few (one a rule) that requests of this tenant have. */
async function approversWith(desk: ApprovalDesk, viewer: Principal, roles: readonly ApproverRole[]): Promise<string[]> {
  const lists = await desk.store
    .query<ApprovalsSchema>()
    .selectFrom('approvals')
    .select('approvers')
    .distinct()
    .where('tenant', '=', viewer.tenant)
    .execute()
  return lists
    .map((row) => row.approvers)
    .filter((approvers) => (JSON.parse(approvers) as string[]).some((name) => roles.some((role) => role.name === name)))
}
