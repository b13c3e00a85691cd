import { type ApprovalDesk, decideApproval, denialReasons, listApprovals, showApproval } from '@postern/approvals'
import type { Call, Scope, Target } from '@postern/tool'
import { z } from 'zod'

/** What a token needs beside the role: one that was given to an agent for its tools approves nothing. */
export const approvalScope: Scope = 'approvals:decide'

/** What approvers do, as targets of the pipeline. Not among a server's tools: no agent is offered them. */
export interface ApprovalTargets {
  readonly list: Target
  readonly show: Target
  readonly decide: Target
}

const Id = z.string().regex(/^apr_[\w-]{1,64}$/)
const List = z.strictObject({
  state: z.enum(['pending', 'approved', 'denied', 'expired', 'used']).optional(),
  // From a query string, where numbers are text.
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(2048).optional(),
})
const Show = z.strictObject({ id: Id })
const Decide = z.strictObject({
  id: Id,
  decision: z.enum(['approved', 'denied']),
  because: z.enum(denialReasons).optional(),
})

export function approvalTargets(desk: ApprovalDesk): ApprovalTargets {
  return {
    list: target('list_approvals', 'read', List, async ({ state, limit, cursor }, { principal, notes }) => {
      const page = await listApprovals(desk, {
        viewer: principal,
        limit,
        ...(state !== undefined && { state }),
        ...(cursor !== undefined && { cursor }),
      })
      notes.targets = page.approvals.map((approval) => approval.approval_id)
      notes.rows = notes.targets.length
      return { ...page }
    }),
    // An id is noted when it is known to be one: until then it is a text of the caller's.
    show: target('show_approval', 'read', Show, async ({ id }, { principal, notes }) => {
      const approval = await showApproval(desk, { id, viewer: principal })
      notes.approvalId = id
      return { ...approval }
    }),
    decide: target('decide_approval', 'write', Decide, async ({ id, decision, because }, { principal, notes }) => {
      const asked = { id, decision, approver: principal, ...(because !== undefined && { because }) }
      const decided = await decideApproval(desk, asked)
      notes.approvalId = id
      return { ...decided }
    }),
  }
}

function target<Input extends z.ZodType>(
  name: string,
  effect: Target['effect'],
  input: Input,
  run: (input: z.output<Input>, call: Call) => Promise<Record<string, unknown>>,
): Target {
  return {
    kind: 'tool',
    known: true,
    name,
    version: '1.0.0',
    effect,
    scope: approvalScope,
    limits: {},
    input,
    output: z.unknown(),
    // Validated by the layer before.
    run: (call) => run(call.input as z.output<Input>, call),
  }
}
