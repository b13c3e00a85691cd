import { ToolError } from '@postern/errors'
import type { BoundPorts } from '@postern/policy'
import type { Project } from '../project.ts'
import type { Proposal } from '../proposal.ts'
import type { Template } from '../template.ts'
import type { TicketPorts } from '../ticket-ports.ts'
import { candidatesMax, duplicateQuery } from './duplicates.ts'
import type { QualityIssue } from './issue.ts'
import { judge } from './judge.ts'

type Ports = BoundPorts<Pick<TicketPorts, 'projects' | 'templates' | 'tickets'>>

/**
 * Judges a proposal as its caller: project, template and possible duplicates come through the bound ports.
 *
 * @throws ToolError PERMISSION_DENIED/rows for a project the caller may not use, or that does not exist
 */
export async function assess(proposal: Proposal, ports: Ports, signal: AbortSignal): Promise<QualityIssue[]> {
  const project = await projectOf(proposal.project_key, ports, signal)
  const template = await templateOf(proposal, ports, signal)
  const query = duplicateQuery(proposal)
  const found = query && (await ports.tickets.search(query, { limit: candidatesMax }, { signal }))
  return judge(proposal, { project, template, candidates: found?.items ?? [] })
}

/** Absent and not granted are one answer, so that nobody learns which projects exist. */
export async function projectOf(key: string, ports: Pick<Ports, 'projects'>, signal: AbortSignal): Promise<Project> {
  const { items } = await ports.projects.find({ project_key: key }, { limit: 1 }, { signal })
  if (items[0] !== undefined) return items[0]
  throw new ToolError('PERMISSION_DENIED', 'rows', `You have no project ${key}.`, {
    nextStep: 'Do not retry. Call list_scopes to see the projects you may use, and choose one of them.',
  })
}

export async function templateOf(
  { project_key, template_id }: Pick<Proposal, 'project_key' | 'template_id'>,
  ports: Pick<Ports, 'templates'>,
  signal: AbortSignal,
): Promise<Template | undefined> {
  if (template_id === undefined) return undefined
  const { items } = await ports.templates.list({ project_key, template_id }, { limit: 1 }, { signal })
  return items[0]
}
