import { rowsWhere, type Store } from '@postern/store'
import type { ProjectRules } from '../domain/project.ts'
import type { Section, Template } from '../domain/template.ts'
import type { Priority } from '../domain/ticket.ts'
import type { Projects, Templates } from '../domain/ticket-ports.ts'
import type { Tables, TemplateRow } from './tables.ts'

const columns = { tenant: 'tenant', project: 'project_key' }

export function localProjects(store: Store): Projects {
  return {
    async find({ project_key }, { rows }) {
      const found = await store
        .query<Tables>()
        .selectFrom('projects')
        .select(['tenant', 'project_key', 'rules'])
        .where(rowsWhere(rows, columns))
        .where('project_key', '=', project_key)
        .limit(1)
        .execute()
      const items = found.map((row) => ({ ...row, rules: JSON.parse(row.rules) as ProjectRules }))
      return { items, scoped: true, total: items.length }
    },
  }
}

export function localTemplates(store: Store): Templates {
  return {
    async get(id, { tenant }) {
      const [project_key = '', template_id = ''] = id.split('/')
      const row = await store
        .query<Tables>()
        .selectFrom('templates')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('project_key', '=', project_key)
        .where('template_id', '=', template_id)
        .executeTakeFirst()
      return row && toTemplate(row)
    },

    async list({ project_key, template_id }, { limit, after, rows }) {
      // The position is the key of the last template shown.
      const [afterProject = '', afterId = ''] = (after ?? '/').split('/')
      const found = await store
        .query<Tables>()
        .selectFrom('templates')
        .selectAll()
        .where(rowsWhere(rows, columns))
        .$if(project_key !== undefined, (q) => q.where('project_key', '=', project_key ?? ''))
        .$if(template_id !== undefined, (q) => q.where('template_id', '=', template_id ?? ''))
        .where((build) =>
          build.or([
            build('project_key', '>', afterProject),
            build.and([build('project_key', '=', afterProject), build('template_id', '>', afterId)]),
          ]),
        )
        .orderBy('project_key')
        .orderBy('template_id')
        .limit(limit + 1)
        .execute()
      const items = found.slice(0, limit).map(toTemplate)
      const last = items.at(-1)
      return {
        items,
        ...(found.length > items.length && last && { next: `${last.project_key}/${last.template_id}` }),
        scoped: true,
      }
    },
  }
}

function toTemplate(row: TemplateRow): Template {
  return {
    ...row,
    default_priority: row.default_priority as Priority,
    default_labels: JSON.parse(row.default_labels) as string[],
    sections: JSON.parse(row.sections) as Section[],
    checklist: JSON.parse(row.checklist) as string[],
  }
}
