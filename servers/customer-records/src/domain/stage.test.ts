import { describe, expect, it } from 'vitest'
import { allowTransition, expectStage, Stage } from './stage.ts'

const stages = Stage.options
const allowed = [
  'qualification discovery',
  'qualification closed_lost',
  'discovery qualification',
  'discovery proposal',
  'discovery closed_lost',
  'proposal discovery',
  'proposal negotiation',
  'proposal closed_lost',
  'negotiation proposal',
  'negotiation closed_won',
  'negotiation closed_lost',
  'closed_lost qualification',
]

describe('the stages of a deal', () => {
  it.each(stages.flatMap((from) => stages.map((to) => [from, to] as const)))('%s to %s', (from, to) => {
    const may = () => allowTransition(from, to)
    if (allowed.includes(`${from} ${to}`)) expect(may).not.toThrow()
    else expect(may).toThrow(expect.objectContaining({ code: 'VALIDATION_ERROR', reason: 'rule' }))
  })

  it('say where a deal may go instead', () => {
    expect(() => allowTransition('discovery', 'closed_won')).toThrow(
      expect.objectContaining({
        message: 'An opportunity cannot go from discovery to closed_won.',
        nextStep: 'From discovery choose qualification or proposal or closed_lost; further stages take one call each.',
        issues: [{ path: 'stage', rule: 'transition', expected: 'one of qualification, proposal, closed_lost' }],
      }),
    )
    expect(() => allowTransition('closed_won', 'closed_lost')).toThrow(
      expect.objectContaining({ nextStep: expect.stringContaining('Do not retry') }),
    )
  })

  it('are stale when a deal is elsewhere by now', () => {
    const deal = { opportunity_id: 'opp_1', stage: 'proposal' } as const
    expect(() => expectStage(deal, 'proposal')).not.toThrow()
    expect(() => expectStage(deal, 'discovery')).toThrow(
      expect.objectContaining({ code: 'CONFLICT', reason: 'stale', details: { stage: 'proposal' } }),
    )
  })
})
