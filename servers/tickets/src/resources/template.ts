import { identifier, text, untrusted } from '@postern/tool'
import { z } from 'zod'
import { skeleton } from '../domain/template.ts'
import { Label, Priority, ProjectKey, TemplateId } from '../domain/ticket.ts'
import { defineResource } from '../tool.ts'

const listedMax = 100
const nameCharsMax = 120
const bodyCharsMax = 4000

/** The form of one kind of ticket in one project. */
export const template = defineResource({
  name: 'template',
  version: '1.0.0',
  title: 'Ticket template',
  description: 'The form of one kind of ticket in one project: its sections, checklist and defaults. For draft_ticket.',
  uri: 'template://{project}/{id}',
  scope: 'tickets:read',

  output: z.strictObject({
    template: z.strictObject({
      project_key: ProjectKey,
      template_id: TemplateId,
      default_priority: Priority,
      default_labels: z.array(Label),
      required_sections: z.array(identifier()),
      untrusted: untrusted({ name: text(nameCharsMax), body: text(bodyCharsMax) }),
    }),
  }),

  async handler({ project, id }, { ports, signal }) {
    const { item } = await ports.templates.get(`${project}/${id}`, { signal })
    return {
      template: {
        project_key: item.project_key,
        template_id: item.template_id,
        default_priority: item.default_priority,
        default_labels: [...item.default_labels],
        required_sections: item.sections.filter(({ required }) => required).map(({ key }) => key),
        untrusted: { name: item.name, body: skeleton(item) },
      },
    }
  },

  async list({ ports, signal }) {
    const { items } = await ports.templates.list({}, { limit: listedMax }, { signal })
    return items.map(({ project_key, template_id }) => ({
      uri: `template://${project_key}/${template_id}`,
      title: `Template ${template_id} of project ${project_key}`,
    }))
  },
})
