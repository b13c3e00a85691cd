import type { RowScope } from '@postern/policy'
import { describe, expect, it } from 'vitest'
import { type Bench, everything } from './bench.ts'

/** Projects and their templates. */
export function projectSuite(bench: () => Bench): void {
  describe('projects and templates', () => {
    it('finds a project under rows that hold it', async () => {
      const find = (project_key: string, rows: RowScope) =>
        bench().ports.projects.find({ project_key }, { limit: 1, rows }, bench().reader())
      expect((await find('WEB', everything)).items).toEqual([
        { tenant: 'acme', project_key: 'WEB', rules: { templates: ['bug', 'request'], highest_priority: 'P1' } },
      ])
      expect((await find('WEB', [{ tenant: ['acme'], project: ['OPS'] }])).items).toEqual([])
      expect((await find('NOPE', everything)).items).toEqual([])
    })

    it('pages through templates', async () => {
      const keys: string[] = []
      let after: string | undefined
      do {
        const page = await bench().ports.templates.list(
          {},
          { limit: 2, rows: everything, ...(after !== undefined && { after }) },
          bench().reader(),
        )
        keys.push(...page.items.map(({ project_key, template_id }) => `${project_key}/${template_id}`))
        after = page.next
      } while (after !== undefined)
      expect(keys).toEqual([
        ...['bug', 'change', 'incident', 'request'].map((id) => `OPS/${id}`),
        ...['bug', 'change', 'incident'].map((id) => `PAY/${id}`),
        ...['bug', 'request'].map((id) => `WEB/${id}`),
      ])
    })

    it('gives one template by its key', async () => {
      expect(await bench().ports.templates.get('OPS/bug', bench().reader())).toMatchObject({
        template_id: 'bug',
        default_labels: ['bug'],
      })
      expect(await bench().ports.templates.get('OPS/nope', bench().reader())).toBeUndefined()
      expect(await bench().ports.templates.get('OPS', bench().reader())).toBeUndefined()
      expect(await bench().ports.templates.get('OPS/bug', bench().reader('initech'))).toBeUndefined()
    })
  })
}
