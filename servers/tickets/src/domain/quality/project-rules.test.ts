import { describe, expect, it } from 'vitest'
import type { ProjectRules } from '../project.ts'
import { allowedTemplate, priorityLimit, requiredLabels } from './project-rules.ts'
import { broken, setting } from './proposal.test-kit.ts'

const where = (rules: ProjectRules) => setting({ project: { tenant: 'acme', project_key: 'OPS', rules } })

describe('requiredLabels', () => {
  const rules: ProjectRules = { required_labels: ['payments'], label_for_priority: { P0: 'incident' } }

  it.each([
    [['payments'], 'P1', []],
    [[], 'P1', ['label_required']],
    [['payments'], 'P0', ['label_for_priority']],
    [['payments', 'incident'], 'P0', []],
    [[], 'P0', ['label_required', 'label_for_priority']],
    [['payments'], undefined, []],
  ] as const)('judges labels %j with priority %s', (labels, priority, expected) => {
    expect(broken(requiredLabels, { labels, priority }, where(rules))).toEqual(expected)
  })

  it('asks for nothing where the project asks for nothing', () => {
    expect(broken(requiredLabels, { labels: [], priority: 'P0' })).toEqual([])
  })
})

describe('allowedTemplate', () => {
  it.each([
    [{ templates: ['bug'] }, 'bug', []],
    [{ templates: ['bug'] }, undefined, []],
    [{ templates: ['bug'] }, 'change', ['template_not_allowed']],
    [{ templates: ['bug'], template_required: true }, undefined, ['template_required']],
    [{}, 'change', []],
  ] as const)('judges under %j the template %s', (rules, template_id, expected) => {
    expect(broken(allowedTemplate, { template_id }, where(rules as ProjectRules))).toEqual(expected)
  })
})

describe('priorityLimit', () => {
  it.each([
    ['P1', 'P0', ['priority_limit']],
    ['P1', 'P1', []],
    ['P1', 'P3', []],
    ['P1', undefined, []],
    [undefined, 'P0', []],
  ] as const)('with %s at most judges %s', (highest_priority, priority, expected) => {
    expect(broken(priorityLimit, { priority }, where({ highest_priority }))).toEqual(expected)
  })
})
