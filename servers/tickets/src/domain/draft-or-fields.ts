import { type Issue, ToolError } from '@postern/errors'
import type { BoundPorts } from '@postern/policy'
import type { z } from 'zod'
import type { Draft } from './draft.ts'
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

export type DraftOrFields = z.output<z.ZodObject<typeof draftOrFields>>

/**
 * The proposal an input means: the caller's draft, used or not (see `unused`), or what its fields say.
 *
 * @throws ToolError VALIDATION_ERROR/rule for both or neither, NOT_FOUND for a draft the caller does not have
 */
export async function proposed(
  { draft_id, project_key, ...fields }: DraftOrFields,
  ports: BoundPorts<Pick<TicketPorts, 'drafts'>>,
  signal: AbortSignal,
): Promise<Proposal & Pick<Draft, 'used_by'>> {
  if (draft_id !== undefined) {
    const surplus = Object.entries({ project_key, ...fields }).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    )
    if (surplus.length > 0)
      throw refused(surplus.map((path) => issue(path, 'nothing beside draft_id: a draft is taken as it is')))
    return (await ports.drafts.get(draft_id, { signal })).item
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
