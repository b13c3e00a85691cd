import { type Issue, ToolError } from '@postern/errors'
import type { BoundPorts } from '@postern/policy'
import type { z } from 'zod'
import { unused } from './draft.ts'
import { DraftId } from './draft-id.ts'
import { type Proposal, proposalFields, proposalOf } from './proposal.ts'
import { ProjectKey } from './ticket.ts'
import type { TicketPorts } from './ticket-ports.ts'

/**
 * The input of tools that take either a draft or the fields of a ticket. One strict object with optional fields: many
 * clients cannot show a model an `anyOf`.
 */
export const draftOrFields = {
  draft_id: DraftId.optional().describe('From draft_ticket; then give no other field.'),
  ...proposalFields,
  project_key: ProjectKey.optional().describe('Such as OPS; required without draft_id.'),
}

type Input = z.output<z.ZodObject<typeof draftOrFields>>

/**
 * The proposal an input means: that of the caller's draft, or the one its fields say.
 *
 * @param effectKey of the write that will use the draft, which may be recovering from an interruption
 * @throws ToolError VALIDATION_ERROR/rule for both or neither, NOT_FOUND and CONFLICT/draft_used for the draft
 */
export async function proposed(
  { draft_id, project_key, ...fields }: Input,
  ports: BoundPorts<Pick<TicketPorts, 'drafts'>>,
  call: { readonly signal: AbortSignal; readonly effectKey?: string },
): Promise<Proposal> {
  if (draft_id !== undefined) {
    const surplus = Object.entries({ project_key, ...fields }).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    )
    if (surplus.length > 0)
      throw refused(surplus.map((path) => issue(path, 'nothing beside draft_id: a draft is taken as it is')))
    const { item } = await ports.drafts.get(draft_id, { signal: call.signal })
    return unused(item, call.effectKey)
  }
  if (project_key === undefined) throw refused([issue('project_key', 'a project key such as OPS, or draft_id alone')])
  return proposalOf({ project_key, ...fields })
}

const issue = (path: string, expected: string): Issue => ({ path, rule: 'draft_or_fields', expected })

function refused(issues: readonly Issue[]): ToolError {
  return new ToolError(
    'VALIDATION_ERROR',
    'rule',
    'Give either draft_id alone, or the fields of a ticket without it.',
    { issues },
  )
}
