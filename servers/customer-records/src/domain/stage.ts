import { ToolError } from '@postern/errors'
import { z } from 'zod'

/** How far a deal has come. */
export const Stage = z.enum(['qualification', 'discovery', 'proposal', 'negotiation', 'closed_won', 'closed_lost'])
export type Stage = z.infer<typeof Stage>

/**
 * Where each stage may lead. Forward one step at a time, so that nothing is won that nobody negotiated; back one step,
 * when a customer thinks again; lost from anywhere. What is won stays won: undoing revenue is for people.
 */
const transitions: Readonly<Record<Stage, readonly Stage[]>> = {
  qualification: ['discovery', 'closed_lost'],
  discovery: ['qualification', 'proposal', 'closed_lost'],
  proposal: ['discovery', 'negotiation', 'closed_lost'],
  negotiation: ['proposal', 'closed_won', 'closed_lost'],
  closed_won: [],
  closed_lost: ['qualification'],
}

/** The stages of a deal that somebody still works on. */
export const openStages: readonly Stage[] = ['qualification', 'discovery', 'proposal', 'negotiation']

/** @throws ToolError VALIDATION_ERROR/rule when no deal may go from one stage to the other */
export function allowTransition(from: Stage, to: Stage): void {
  const allowed = transitions[from]
  if (allowed.includes(to)) return
  const expected = allowed.length === 0 ? 'no other stage: what is won stays won' : `one of ${allowed.join(', ')}`
  throw new ToolError('VALIDATION_ERROR', 'rule', `An opportunity cannot go from ${from} to ${to}.`, {
    nextStep:
      allowed.length === 0
        ? 'Do not retry. A person has to correct this in the CRM itself.'
        : `From ${from} choose ${allowed.join(' or ')}; further stages take one call each.`,
    issues: [{ path: 'stage', rule: 'transition', expected }],
  })
}

/** @throws ToolError CONFLICT/stale when the deal is at another stage than the caller believes */
export function expectStage(opportunity: { readonly opportunity_id: string; readonly stage: Stage }, expected: Stage) {
  if (opportunity.stage === expected) return
  const { opportunity_id, stage } = opportunity
  throw new ToolError('CONFLICT', 'stale', `Opportunity ${opportunity_id} is at ${stage}, not at ${expected}.`, {
    nextStep: 'Call get_customer_summary, see whether your change still makes sense, and send a new expected_stage.',
    details: { stage },
  })
}
