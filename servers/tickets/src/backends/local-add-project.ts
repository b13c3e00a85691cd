import type { Kysely } from '@postern/store'
import type { Project } from '../domain/project.ts'
import { standardTemplates } from '../domain/standard-templates.ts'
import type { Tables } from './tables.ts'

/** Makes a project with the standard templates, or those of them that its rules allow. */
export async function addProject(db: Kysely<Tables>, project: Project, nextNumber = 1): Promise<void> {
  const { tenant, project_key, rules } = project
  await db
    .insertInto('projects')
    .values({ tenant, project_key, next_number: nextNumber, rules: JSON.stringify(rules) })
    .execute()
  const templates = standardTemplates.filter(({ template_id }) => rules.templates?.includes(template_id) ?? true)
  await db
    .insertInto('templates')
    .values(
      templates.map((template) => ({
        tenant,
        project_key,
        template_id: template.template_id,
        name: template.name,
        default_priority: template.default_priority,
        default_labels: JSON.stringify(template.default_labels),
        sections: JSON.stringify(template.sections),
        checklist: JSON.stringify(template.checklist),
      })),
    )
    .execute()
}
