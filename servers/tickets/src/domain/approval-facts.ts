import type { ApprovalSubject } from '@postern/host'
import type { BoundPorts } from '@postern/policy'
import { type DraftOrFields, proposed } from './draft-or-fields.ts'
import { acceptable } from './quality/acceptable.ts'
import { assess } from './quality/assess.ts'
import type { TicketPorts } from './ticket-ports.ts'

/**
 * What create_ticket would open, for rules about approval: the draft behind a draft id. Without this, a draft would be
 * the way around a rule such as "P0 needs a duty manager". A draft never changes, so the approval means this very text.
 * It is approved by whoever may see the project.
 *
 * @returns undefined for tools whose arguments do not say it all: their rules then count unknown fields as met
 * @throws ToolError as create_ticket does for what breaks a rule: nobody is asked about a ticket that cannot be opened
 */
export async function approvalFacts(
  tool: string,
  input: Readonly<Record<string, unknown>>,
  ports: BoundPorts<TicketPorts>,
  signal: AbortSignal,
): Promise<ApprovalSubject | undefined> {
  if (tool !== 'create_ticket') return undefined
  // The input has passed the tool's own schema by now.
  const proposal = await proposed(input as DraftOrFields, ports, signal)
  acceptable(proposal, await assess(proposal, ports, signal))
  const { project_key, template_id, title, description, priority, labels, acceptance_criteria } = proposal
  return {
    facts: { project_key, template_id, title, description, priority, labels, acceptance_criteria },
    rows: { project: project_key },
  }
}
