import type { StandardTemplate } from './template.ts'

const searched = 'I searched for tickets about the same thing'
const noSecrets = 'No passwords, tokens or personal data in the text'

/** What a new project starts with; a team changes its own. */
export const standardTemplates: readonly StandardTemplate[] = [
  {
    template_id: 'bug',
    name: 'Bug report',
    default_priority: 'P2',
    default_labels: ['bug'],
    sections: [
      { key: 'steps_to_reproduce', heading: 'Steps to reproduce', required: true },
      { key: 'expected', heading: 'Expected', required: true },
      { key: 'actual', heading: 'Actual', required: true },
      { key: 'environment', heading: 'Environment', required: false },
    ],
    checklist: [searched, noSecrets],
  },
  {
    template_id: 'incident',
    name: 'Incident',
    default_priority: 'P1',
    default_labels: ['incident'],
    sections: [
      { key: 'impact', heading: 'Impact', required: true },
      { key: 'timeline', heading: 'Timeline', required: true },
      { key: 'mitigation', heading: 'Mitigation', required: false },
    ],
    checklist: ['The on-call engineer knows', noSecrets],
  },
  {
    template_id: 'change',
    name: 'Change request',
    default_priority: 'P3',
    default_labels: ['change'],
    sections: [
      { key: 'reason', heading: 'Reason', required: true },
      { key: 'plan', heading: 'Plan', required: true },
      { key: 'rollback', heading: 'Rollback', required: true },
      { key: 'risk', heading: 'Risk', required: false },
    ],
    checklist: [searched, 'The service owner agreed to the date'],
  },
  {
    template_id: 'request',
    name: 'Request',
    default_priority: 'P3',
    default_labels: ['request'],
    sections: [
      { key: 'goal', heading: 'Goal', required: true },
      { key: 'who_benefits', heading: 'Who benefits', required: true },
    ],
    checklist: [searched],
  },
]
