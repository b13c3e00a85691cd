import { ToolError } from '@postern/errors'
import type { Proposal } from '../proposal.ts'
import type { Priority } from '../ticket.ts'
import type { QualityIssue } from './issue.ts'

/**
 * Lets a proposal through that has no error.
 *
 * @throws ToolError VALIDATION_ERROR/rule whose issues say how to correct each field
 */
export function acceptable(
  proposal: Proposal,
  issues: readonly QualityIssue[],
): { readonly ticket: Proposal & { readonly priority: Priority }; readonly warnings: QualityIssue[] } {
  const errors = issues.filter(({ severity }) => severity === 'error')
  const { priority } = proposal
  // Without a priority there is an error already; the compiler does not know.
  if (errors.length === 0 && priority !== undefined)
    return { ticket: { ...proposal, priority }, warnings: issues.filter(({ severity }) => severity === 'warning') }
  throw new ToolError(
    'VALIDATION_ERROR',
    'rule',
    `The ticket was not opened: ${errors.length === 1 ? 'a quality rule is' : `${errors.length} quality rules are`} broken.`,
    {
      nextStep:
        'Correct the fields named in details.issues. Check with validate_ticket, then call create_ticket again.',
      issues: errors.map(({ path, rule, message }) => ({ path, rule, expected: message })),
    },
  )
}
