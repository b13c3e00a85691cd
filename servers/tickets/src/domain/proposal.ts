import { freeText } from '@postern/tool'
import { z } from 'zod'
import { Label, limits, Priority, ProjectKey, TemplateId } from './ticket.ts'

/** A ticket that somebody wants to open; what is not said yet is empty. It is what the quality rules judge. */
export interface Proposal {
  readonly project_key: string
  readonly title: string
  readonly description: string
  readonly priority?: Priority | undefined
  readonly labels: readonly string[]
  readonly acceptance_criteria: readonly string[]
  readonly template_id?: string | undefined
}

/** What the fields are for; a tool that asks for more of a field says the same. */
export const about = {
  title: 'What is wrong or wanted, and where.',
  description: 'Markdown.',
  acceptance_criteria: 'What a person can check, such as "Cart shows 19 % VAT".',
} as const

/** The input fields of a proposal, lenient: a draft may be incomplete, and the rules say what is missing. */
export const proposalFields = {
  project_key: ProjectKey.describe('Such as OPS.'),
  template_id: TemplateId.optional().describe('Such as bug.'),
  title: freeText(limits.titleCharsMax).optional().describe(about.title),
  description: freeText(limits.descriptionCharsMax).optional().describe(about.description),
  priority: Priority.optional().describe('P0 stops the business, P3 can wait.'),
  labels: z.array(Label).max(limits.labelsMax).optional().describe('Such as backup.'),
  acceptance_criteria: z
    .array(freeText(limits.criterionCharsMax))
    .max(limits.criteriaMax)
    .optional()
    .describe(about.acceptance_criteria),
}

type Fields = z.output<z.ZodObject<typeof proposalFields>>

/** What was said, with empty texts and lists for the rest. Nothing is made up: see `fillFrom` for templates. */
export function proposalOf(fields: Fields): Proposal {
  return {
    project_key: fields.project_key,
    title: fields.title ?? '',
    description: fields.description ?? '',
    labels: [...new Set(fields.labels)],
    acceptance_criteria: fields.acceptance_criteria ?? [],
    ...(fields.priority !== undefined && { priority: fields.priority }),
    ...(fields.template_id !== undefined && { template_id: fields.template_id }),
  }
}
