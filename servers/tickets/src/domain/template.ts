import type { Proposal } from './proposal.ts'
import type { Priority } from './ticket.ts'

/** The form of one kind of ticket in one project. Names, headings and checklist were written by people of the tenant. */
export interface Template {
  readonly tenant: string
  readonly project_key: string
  readonly template_id: string
  readonly name: string
  readonly default_priority: Priority
  readonly default_labels: readonly string[]
  readonly sections: readonly Section[]
  /** What to do before the ticket is opened; each item becomes a `- [ ]` line. */
  readonly checklist: readonly string[]
}

export interface Section {
  /** Names the section to rules and in issues, such as steps_to_reproduce. */
  readonly key: string
  readonly heading: string
  readonly required: boolean
}

/** The part of a template that is the same in every project. */
export type StandardTemplate = Omit<Template, 'tenant' | 'project_key'>

/** Where a template stands among all of a tenant, such as OPS/bug. */
export function templateKey(template: Pick<Template, 'project_key' | 'template_id'>): string {
  return `${template.project_key}/${template.template_id}`
}

/** An empty description: every section with its heading, and the checklist, unticked. */
export function skeleton(template: Pick<Template, 'sections' | 'checklist'>): string {
  const sections = template.sections.map(({ heading }) => `## ${heading}`)
  const items = template.checklist.map((item) => `- [ ] ${item}`)
  return [...sections, ...(items.length === 0 ? [] : [['## Checklist', ...items].join('\n')])].join('\n\n')
}

/** Fills what a draft leaves open with what its template offers. What was said stays as it is. */
export function fillFrom(template: Template | undefined, proposal: Proposal): Proposal {
  if (template === undefined) return proposal
  return {
    ...proposal,
    description: proposal.description.trim() === '' ? skeleton(template) : proposal.description,
    priority: proposal.priority ?? template.default_priority,
    labels: proposal.labels.length === 0 ? template.default_labels : proposal.labels,
  }
}
