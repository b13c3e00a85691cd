import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CustomersHost, errorOf, openCustomers, outcome, type Reply } from '../../test/customers-host.ts'
import type { Stage } from '../domain/stage.ts'
import { sampleSet } from '../sample/sample-set.ts'

const { customers: all, opportunities } = sampleSet()
const placeOf = new Map(all.map((one) => [`${one.tenant} ${one.customer_id}`, one]))
/** Deals are used up by the tests: each takes one that nobody else has. */
const taken = new Set<string>()
function deal(stage: Stage, { tenant = 'acme', region = 'DACH', owner = 'hanna.l' } = {}) {
  const found = opportunities.find((one) => {
    const place = placeOf.get(`${one.tenant} ${one.customer_id}`)
    return (
      one.tenant === tenant &&
      one.stage === stage &&
      !taken.has(one.opportunity_id) &&
      place?.region === region &&
      place.owner === owner
    )
  })
  if (found === undefined) throw new Error(`no deal at ${stage} in ${region}`)
  taken.add(found.opportunity_id)
  return found
}

let customers: CustomersHost
beforeAll(async () => {
  customers = await openCustomers()
})
afterAll(() => customers.close())

const move = (
  opportunity_id: string,
  expected_stage: string,
  stage: string,
  options: Parameters<CustomersHost['call']>[2] & { readonly reason?: string } = {},
) => {
  const { reason = 'They said so on the phone.', ...rest } = options
  const input = { opportunity_id, expected_stage, stage, reason }
  return customers.call('update_opportunity_stage', input, { as: 'hanna.l', ...rest })
}
const changesOf = async (customer_id: string) => {
  const input = { customer_id, type: ['stage_change'], limit: 20 }
  const reply = await customers.call('list_customer_activity', input, { as: 'kenji.t' })
  return reply['activities'] as { change: object; untrusted: object }[]
}
const stageOf = async ({ customer_id, opportunity_id }: { customer_id: string; opportunity_id: string }) => {
  const input = { customer_id, fields: ['open_opportunities'] }
  const reply = (await customers.call('get_customer_summary', input, { as: 'kenji.t' })) as Reply & {
    customer: { open_opportunities: { opportunity_id: string; stage: string }[] }
  }
  return reply.customer.open_opportunities.find((one) => one.opportunity_id === opportunity_id)?.stage
}

describe('update_opportunity_stage', () => {
  it('moves a deal, and writes it into the timeline', async () => {
    const one = deal('qualification')
    const reply = await move(one.opportunity_id, 'qualification', 'discovery')
    expect(reply).toEqual({
      status: 'ok',
      opportunity: { opportunity_id: one.opportunity_id, customer_id: one.customer_id, stage: 'discovery' },
    })
    expect(await stageOf(one)).toBe('discovery')
    expect((await changesOf(one.customer_id))[0]).toMatchObject({
      type: 'stage_change',
      change: { opportunity_id: one.opportunity_id, from: 'qualification', to: 'discovery' },
      untrusted: { author: 'hanna.l', text: 'They said so on the phone.' },
    })
  })

  it('moves it once however often the call is repeated', async () => {
    const one = deal('discovery')
    const options = { key: 'one-move-however-often' }
    const before = (await changesOf(one.customer_id)).length
    const first = await move(one.opportunity_id, 'discovery', 'proposal', options)
    expect(outcome(first)).toBe('ok')
    expect(await move(one.opportunity_id, 'discovery', 'proposal', options)).toEqual(first)
    expect((await changesOf(one.customer_id)).length).toBe(before + 1)
  })

  it('refuses what is stale, tells the present stage, and leaves no trace', async () => {
    const one = deal('proposal')
    const before = await changesOf(one.customer_id)
    const reply = await move(one.opportunity_id, 'discovery', 'proposal')
    expect(outcome(reply)).toBe('CONFLICT/stale')
    expect(errorOf(reply).details['stage']).toBe('proposal')
    expect(errorOf(reply).next_step).toContain('get_customer_summary')
    expect(await changesOf(one.customer_id)).toEqual(before)
  })

  it('lets one of several through that want to move the same deal at once', async () => {
    const one = deal('proposal')
    const before = (await changesOf(one.customer_id)).length
    const replies = await Promise.all(
      Array.from({ length: 6 }, (_, i) => move(one.opportunity_id, 'proposal', i % 2 ? 'negotiation' : 'discovery')),
    )
    expect(replies.map(outcome).sort()).toEqual([...Array(5).fill('CONFLICT/stale'), 'ok'])
    expect((await changesOf(one.customer_id)).length).toBe(before + 1)
  })

  it('refuses a step that no deal takes, before it looks for the deal', async () => {
    const one = deal('discovery')
    const reply = await move(one.opportunity_id, 'discovery', 'closed_won')
    expect(outcome(reply)).toBe('VALIDATION_ERROR/rule')
    expect(errorOf(reply).details.issues).toEqual([
      { path: 'stage', rule: 'transition', expected: 'one of qualification, proposal, closed_lost' },
    ])
    expect(outcome(await move('opp_none', 'discovery', 'closed_won'))).toBe('VALIDATION_ERROR/rule')
  })

  it.each([
    ['an absent deal', () => 'opp_none'],
    ['a deal of another owner', () => deal('qualification', { owner: 'jonas.w' }).opportunity_id],
    ['a deal of another region', () => deal('qualification', { region: 'UKI', owner: 'rhys.t' }).opportunity_id],
    ['a deal of another tenant', () => deal('qualification', { tenant: 'globex', owner: 'p.kessler' }).opportunity_id],
  ])('answers alike for %s, whether or not a person would have to approve', async (_, id) => {
    for (const stage of ['discovery', 'closed_lost'])
      expect(outcome(await move(id(), 'qualification', stage))).toBe('NOT_FOUND/absent')
  })

  it.each([
    ['support', 'PERMISSION_DENIED/not_granted'],
    ['auditor', 'PERMISSION_DENIED/not_granted'],
  ])('is denied to %s', async (as, expected) => {
    expect(outcome(await move('opp_none', 'qualification', 'discovery', { as }))).toBe(expected)
  })

  it.each([
    ['no reason', { reason: '' }, 'reason'],
    ['a reason of 1,001 characters', { reason: 'x'.repeat(1001) }, 'reason'],
    ['an unknown stage', { stage: 'won' }, 'stage'],
    ['an unknown expected stage', { expected_stage: 'open' }, 'expected_stage'],
    ['an amount', { amount: 1 }, 'amount'],
  ])('refuses %s', async (_, change, path) => {
    const input = { opportunity_id: 'opp_1', expected_stage: 'qualification', stage: 'discovery', reason: 'Yes.' }
    const reply = await customers.call('update_opportunity_stage', { ...input, ...change }, { as: 'hanna.l' })
    expect(outcome(reply)).toBe('VALIDATION_ERROR/schema')
    expect(errorOf(reply).details.issues?.[0]?.path).toBe(path)
  })

  it('says honestly that it overwrites', () => {
    const tool = customers.host.runtime.contract.tools.find(({ name }) => name === 'update_opportunity_stage')
    expect(tool?.annotations).toEqual({
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: true,
      openWorldHint: false,
    })
  })
})
