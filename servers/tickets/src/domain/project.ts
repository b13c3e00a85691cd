import { z } from 'zod'
import { Label, Priority, TemplateId } from './ticket.ts'

/** What one project asks of its tickets beyond the rules for all. Everything is optional. */
export const ProjectRules = z.strictObject({
  /** Labels every ticket must carry. */
  required_labels: z.array(Label).max(10).optional(),
  /** The only templates a ticket may name, and whether it must name one. */
  templates: z.array(TemplateId).max(50).optional(),
  template_required: z.boolean().optional(),
  /** The most urgent priority that may be chosen when a ticket is opened. */
  highest_priority: Priority.optional(),
  /** The label that a ticket of this priority must carry, such as incident for P0. */
  label_for_priority: z.partialRecord(Priority, Label).optional(),
})
export type ProjectRules = z.infer<typeof ProjectRules>

export interface Project {
  readonly tenant: string
  readonly project_key: string
  readonly rules: ProjectRules
}
