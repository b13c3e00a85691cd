import { freeText, identifier } from '@postern/tool'
import { z } from 'zod'
import { CustomerId, limits } from '../domain/customer.ts'
import { OpportunityId } from '../domain/opportunity.ts'
import { allowTransition, Stage } from '../domain/stage.ts'
import { defineTool } from '../tool.ts'

/**
 * Moves one deal to another stage and writes why into its customer's timeline.
 *
 * Deliberately absent: amount and close date. A forecast changes by a decision of people, and each of these would need
 * a rule of its own about who may approve it.
 */
export const updateOpportunityStage = defineTool({
  name: 'update_opportunity_stage',
  version: '1.0.0',
  title: 'Update opportunity stage',
  description:
    'Moves a deal to another stage, one step at a time. Use get_customer_summary first, for opportunity_id and expected_stage. May need the approval of a person.',
  // Overwrites what was there; the timeline keeps it, but nothing takes the change back.
  effect: 'destructive',
  scope: 'opportunities:write',

  input: z.strictObject({
    opportunity_id: OpportunityId.describe('Such as opp_8d3n5x.'),
    stage: Stage.describe('The new stage.'),
    expected_stage: Stage.describe('The stage as you last read it.'),
    reason: freeText(limits.reasonCharsMax).min(1).describe('Why, for colleagues and the approver.'),
  }),

  output: z.strictObject({
    opportunity: z.strictObject({ opportunity_id: OpportunityId, customer_id: CustomerId, stage: identifier() }),
  }),

  async handler({ opportunity_id, ...change }, { principal, ports, signal, effect }) {
    allowTransition(change.expected_stage, change.stage)
    const { item } = await ports.opportunities.changeStage(
      opportunity_id,
      { ...change, author: principal.subject },
      { signal, effect },
    )
    const { customer_id, stage } = item
    return { opportunity: { opportunity_id, customer_id, stage } }
  },
})
