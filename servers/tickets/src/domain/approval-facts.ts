import type { BoundPorts } from '@postern/policy'
import type { TicketPorts } from './ticket-ports.ts'

/**
 * What create_ticket would open, for rules about approval: the draft behind a draft id. Without this, a draft would be
 * the way around a rule such as "P0 needs a duty manager". A draft never changes, so the approval means this very text.
 *
 * @returns undefined for tools whose arguments do not say it all: their rules then count unknown fields as met
 * @throws ToolError NOT_FOUND for a draft the caller does not have
 */
export async function approvalFacts(
  tool: string,
  { draft_id }: Readonly<Record<string, unknown>>,
  ports: BoundPorts<TicketPorts>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (tool !== 'create_ticket') return undefined
  if (typeof draft_id !== 'string') return {}
  const { item } = await ports.drafts.get(draft_id, { signal })
  const { project_key, template_id, title, description, priority, labels, acceptance_criteria } = item
  return { project_key, template_id, title, description, priority, labels, acceptance_criteria }
}
