import type { ApprovalSubject } from '@postern/host'
import type { BoundPorts } from '@postern/policy'
import type { CustomerPorts } from './customer-ports.ts'
import { allowTransition, expectStage, Stage } from './stage.ts'

/**
 * What a stage change is about, for the person who approves it: the arguments name a deal by its id alone. The approval
 * is bound to it, so that none that was given for a small deal is spent on a large one.
 *
 * Refuses what would be refused in the end, and what the caller may not see, before anybody is asked.
 *
 * @throws ToolError VALIDATION_ERROR/rule, NOT_FOUND/absent, CONFLICT/stale
 */
export async function stageFacts(
  tool: string,
  input: Readonly<Record<string, unknown>>,
  ports: BoundPorts<CustomerPorts>,
  signal: AbortSignal,
): Promise<ApprovalSubject | undefined> {
  if (!tool.startsWith('update_opportunity_stage')) return undefined
  const expected = Stage.parse(input['expected_stage'])
  allowTransition(expected, Stage.parse(input['stage']))
  const { item: deal } = await ports.opportunities.get(String(input['opportunity_id']), { signal })
  expectStage(deal, expected)
  const { item: customer } = await ports.customers.get(deal.customer_id, { signal })
  return {
    facts: {
      opportunity: deal.name,
      amount: deal.amount,
      currency: deal.currency,
      customer_id: customer.customer_id,
      customer: customer.name,
      company: customer.company,
    },
    rows: { region: deal.region, owner: deal.owner ?? undefined },
  }
}
