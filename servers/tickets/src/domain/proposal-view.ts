import { text, untrusted } from '@postern/tool'
import { z } from 'zod'
import type { Proposal } from './proposal.ts'
import { Label, Priority, shown } from './ticket.ts'

/** A proposal as an answer shows it: what a template may have filled in, and the texts as readers will see them. */
export const ProposalView = z.strictObject({
  priority: Priority.optional(),
  labels: z.array(Label),
  untrusted: untrusted({
    title: text(shown.titleCharsMax),
    description: text(shown.descriptionCharsMax),
    acceptance_criteria: z.array(text(shown.criterionCharsMax)),
  }),
})

export function viewOf(proposal: Proposal): z.input<typeof ProposalView> {
  const { priority, labels, title, description, acceptance_criteria } = proposal
  return {
    ...(priority !== undefined && { priority }),
    labels: [...labels],
    untrusted: { title, description, acceptance_criteria: [...acceptance_criteria] },
  }
}
