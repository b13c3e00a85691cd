import type { Proposal } from '../proposal.ts'
import { standardTemplates } from '../standard-templates.ts'
import type { QualityIssue, Rule, Setting } from './issue.ts'

/** A proposal no rule has anything against; a test changes the one thing it is about. */
export const good: Proposal = {
  project_key: 'OPS',
  title: 'Archive robot stops after the third tape',
  description: 'The robot in the archive stops after the third tape and waits for a person. It began with firmware 7.',
  priority: 'P2',
  labels: ['archive'],
  acceptance_criteria: ['The robot moves 20 tapes in a row'],
}

export function setting(change: Partial<Setting> & { readonly templateId?: string } = {}): Setting {
  const { templateId, ...rest } = change
  const found = standardTemplates.find(({ template_id }) => template_id === templateId)
  return {
    project: { tenant: 'acme', project_key: 'OPS', rules: {} },
    template: found && { ...found, tenant: 'acme', project_key: 'OPS' },
    candidates: [],
    ...rest,
  }
}

/** The rules a proposal breaks, as `rule` or, where it only warns, `rule?`. */
export function broken(rule: Rule, change: Partial<Proposal>, where: Setting = setting()): string[] {
  return rule({ ...good, ...change }, where).map(named)
}

export function named({ rule, severity }: QualityIssue): string {
  return severity === 'error' ? rule : `${rule}?`
}
