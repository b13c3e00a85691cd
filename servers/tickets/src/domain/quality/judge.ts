import type { Proposal } from '../proposal.ts'
import { acceptanceCriteria } from './acceptance-criteria.ts'
import { checklist } from './checklist.ts'
import { lengths, priorityGiven, templateKnown } from './completeness.ts'
import { duplicates } from './duplicates.ts'
import type { QualityIssue, Rule, Setting } from './issue.ts'
import { allowedTemplate, priorityLimit, requiredLabels } from './project-rules.ts'
import { bugReport, templateSections } from './required-sections.ts'
import { titleCalm, titleOneLine, titleSpecific } from './title.ts'

/** Read the list, it is the policy: what every ticket has to be, whichever tool asks. */
const rules: readonly Rule[] = [
  lengths,
  titleOneLine,
  titleSpecific,
  titleCalm,
  priorityGiven,
  templateKnown,
  allowedTemplate,
  templateSections,
  bugReport,
  acceptanceCriteria,
  checklist,
  requiredLabels,
  priorityLimit,
  duplicates,
]

/** A caller corrects a few at a time, and the answer stays small. */
export const issuesMax = 20

/** All faults of a proposal, errors first, in the order of the rules. */
export function judge(proposal: Proposal, setting: Setting): QualityIssue[] {
  const issues = rules.flatMap((rule) => rule(proposal, setting))
  const errors = issues.filter(({ severity }) => severity === 'error')
  const warnings = issues.filter(({ severity }) => severity === 'warning')
  return [...errors, ...warnings].slice(0, issuesMax)
}
