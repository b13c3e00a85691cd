import { describe, expect, it } from 'vitest'
import { sampleSet } from '../../sample/sample-set.ts'
import { standardTemplates } from '../standard-templates.ts'
import { issuesMax, judge } from './judge.ts'
import { good, named, setting } from './proposal.test-kit.ts'

describe('judge', () => {
  it('has nothing against a good ticket', () => {
    expect(judge(good, setting())).toEqual([])
  })

  it('puts errors before warnings', () => {
    const candidates = [{ ticket_id: 'OPS-1', title: good.title, description: good.description }]
    expect(judge({ ...good, acceptance_criteria: [] }, setting({ candidates })).map(named)).toEqual([
      'criteria_missing',
      'duplicate_suspected?',
    ])
  })

  it('names a limited number of issues, errors before warnings', () => {
    const acceptance_criteria = Array.from({ length: 40 }, (_, i) => `It works${'!'.repeat(i)}`)
    expect(judge({ ...good, acceptance_criteria }, setting())).toHaveLength(issuesMax)
  })

  it('accepts what the sample set holds, hostile tickets aside', () => {
    const { projects, tickets } = sampleSet()
    const faults = tickets
      .filter(({ labels }) => !labels.includes('mail-in'))
      .flatMap((ticket) => {
        const project = projects.find(
          ({ tenant, project_key }) => tenant === ticket.tenant && project_key === ticket.project_key,
        )
        const template = standardTemplates.find(({ template_id }) => template_id === ticket.template_id)
        if (project === undefined) return ['no project']
        const where = { project, template: template && { ...template, ...project }, candidates: [] }
        return judge({ ...ticket, priority: 'P2' }, where)
          .filter(({ severity }) => severity === 'error')
          .map((issue) => `${ticket.title}: ${issue.rule}`)
      })
    expect(faults).toEqual([])
  })

  it.each([
    ['title_length', { title: 'Short one' }],
    ['title_lines', { title: 'Archive robot\nstops' }],
    ['title_vague', { title: 'Please help me' }],
    ['description_length', { description: 'Too short.' }],
    ['priority_missing', { priority: undefined }],
    ['template_unknown', { template_id: 'nope' }],
    ['bug_without_actual', { labels: ['bug'] }],
    ['criteria_missing', { acceptance_criteria: [] }],
    ['checklist_unticked', { description: `${good.description}\n- [ ] not done` }],
  ])('asks the rule behind %s', (rule, change) => {
    expect(judge({ ...good, ...change }, setting()).map(named)).toContain(rule)
  })

  it('asks the rules of the project and of the template', () => {
    const rules = {
      required_labels: ['payments'],
      templates: ['bug'],
      highest_priority: 'P1' as const,
      label_for_priority: { P0: 'incident' },
    }
    const where = setting({ templateId: 'change', project: { tenant: 'acme', project_key: 'OPS', rules } })
    expect(judge({ ...good, template_id: 'change', priority: 'P0' }, where).map(named)).toEqual([
      'template_not_allowed',
      'section_missing',
      'section_missing',
      'section_missing',
      'label_required',
      'label_for_priority',
      'priority_limit',
      'checklist_missing?',
    ])
  })

  it('says in every message how to put it right', () => {
    const issues = judge(
      {
        ...good,
        title: '',
        description: '- [ ] a',
        labels: ['bug'],
        acceptance_criteria: [],
        priority: undefined,
        template_id: 'x',
      },
      setting(),
    )
    for (const { message, path } of issues) {
      expect(message).toMatch(/\.$/)
      expect(message.length).toBeLessThanOrEqual(400)
      expect(path.length).toBeLessThanOrEqual(60)
    }
  })
})
