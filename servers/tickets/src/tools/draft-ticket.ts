import { identifier } from '@postern/tool'
import { z } from 'zod'
import { DraftId } from '../domain/draft-id.ts'
import { proposalFields, proposalOf } from '../domain/proposal.ts'
import { ProposalView, viewOf } from '../domain/proposal-view.ts'
import { assess, templateOf } from '../domain/quality/assess.ts'
import { QualityIssue } from '../domain/quality/issue.ts'
import { fillFrom } from '../domain/template.ts'
import { defineTool } from '../tool.ts'

/**
 * Keeps a draft for its caller and says what is still wrong with it.
 *
 * Deliberately absent: changing a draft. An approval that names a draft must mean exactly the text a person saw.
 */
export const draftTicket = defineTool({
  name: 'draft_ticket',
  version: '1.0.0',
  title: 'Draft ticket',
  description:
    'Keeps a ticket draft of yours for 24 hours and lists what is still wrong with it. With template_id alone it returns the empty form. Once no error is left, call create_ticket with its draft_id.',
  effect: 'write',
  scope: 'tickets:write',

  input: z.strictObject(proposalFields),

  output: z.strictObject({
    draft: z.strictObject({
      draft_id: DraftId,
      expires_at: identifier(),
      preview: ProposalView,
      issues: z.array(QualityIssue),
    }),
  }),

  async handler(input, { ports, signal, effect }) {
    const said = proposalOf(input)
    const proposal = fillFrom(await templateOf(said, ports, signal), said)
    const issues = await assess(proposal, ports, signal)
    const { item } = await ports.drafts.create(proposal, { signal, effect })
    return { draft: { draft_id: item.draft_id, expires_at: item.expires_at, preview: viewOf(proposal), issues } }
  },
})
