import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decideApproval, listApprovals } from '@postern/approvals'
import { testHost } from '@postern/host/testing'
import { environmentWith, temporaryDirectory } from '@postern/testing'
import type { Principal } from '@postern/tool'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleSet } from '../src/sample/sample-set.ts'
import { server } from '../src/server.ts'
import { type CustomersHost, errorOf, openCustomers, outcome, type Reply } from './customers-host.ts'

const { customers: all, opportunities } = sampleSet()
const owners = new Map(
  all.flatMap(({ tenant, region, owner, customer_id }) =>
    tenant === 'acme' && region === 'DACH' && owner !== null ? [[customer_id, owner] as const] : [],
  ),
)
/** Deals that are about to be won, one for each test. */
const deals = opportunities.filter(({ stage, customer_id }) => stage === 'negotiation' && owners.has(customer_id))
const next = () => {
  const deal = deals.pop()
  if (deal === undefined) throw new Error('no deal is left to win')
  return deal
}

let directory: string
let customers: CustomersHost
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'postern-approval-'))
  customers = await openCustomers(directory)
})
afterAll(async () => {
  await customers.close()
  rmSync(directory, { recursive: true, force: true })
})

type Deal = (typeof deals)[number]
/** The account manager whose deal it is. */
const manager = ({ customer_id }: Deal): Principal => ({
  ...customers.host.principal('hanna.l'),
  subject: owners.get(customer_id) ?? 'nobody',
})
interface Win {
  readonly on?: CustomersHost
  readonly reason?: string
  readonly as?: Principal | string
}
const win = (deal: Deal, key: string, { on = customers, reason = 'Signed today.', as = manager(deal) }: Win = {}) =>
  on.call(
    'update_opportunity_stage',
    { opportunity_id: deal.opportunity_id, expected_stage: 'negotiation', stage: 'closed_won', reason },
    { as, key },
  )
/** The id of the request for approval that a call is answered with. */
function asked(reply: Reply): string {
  expect(outcome(reply)).toBe('APPROVAL_REQUIRED/pending')
  return errorOf(reply).details.approval_id ?? ''
}
const decide = (id: string, decision: 'approved' | 'denied', as: string | Principal = 'kenji.t') =>
  decideApproval(customers.host.desk, {
    id,
    decision,
    approver: typeof as === 'string' ? customers.host.principal(as) : as,
  })
const timeline = async (deal: Deal, type: string) => {
  const input = { customer_id: deal.customer_id, type: [type], limit: 20 }
  const reply = await customers.call('list_customer_activity', input, { as: manager(deal) })
  return reply['activities'] as { change?: { opportunity_id: string; to: string }; untrusted: { text: string } }[]
}
const won = async (deal: Deal) =>
  (await timeline(deal, 'stage_change')).filter(
    ({ change }) => change?.opportunity_id === deal.opportunity_id && change.to === 'closed_won',
  ).length

describe('a conversation with a write that a person approves', () => {
  it('searches, reads, logs a note twice, and moves a deal once somebody else has agreed', async () => {
    const deal = next()
    const name = all.find(({ customer_id }) => customer_id === deal.customer_id)?.name
    const as = manager(deal)
    const found = await customers.call('search_customers', { name }, { as })
    const rows = found['customers'] as { customer_id: string }[]
    expect(rows.map(({ customer_id }) => customer_id)).toContain(deal.customer_id)
    const summary = await customers.call('get_customer_summary', { customer_id: deal.customer_id }, { as })
    expect(summary).toMatchObject({
      customer: {
        open_opportunities: expect.arrayContaining([
          expect.objectContaining({ opportunity_id: deal.opportunity_id, stage: 'negotiation' }),
        ]),
      },
    })

    const note = { customer_id: deal.customer_id, note: 'The contract is signed and on its way.' }
    const options = { as, key: 'conversation-note-1' }
    const first = await customers.call('log_note', note, options)
    expect(outcome(first)).toBe('ok')
    expect(await customers.call('log_note', note, options)).toEqual(first)
    expect((await timeline(deal, 'note')).filter(({ untrusted }) => untrusted.text === note.note)).toHaveLength(1)

    const id = asked(await win(deal, 'conversation-stage-1'))
    expect(asked(await win(deal, 'conversation-stage-1'))).toBe(id)
    expect(await won(deal)).toBe(0)
    await decide(id, 'approved')
    const done = await win(deal, 'conversation-stage-1')
    expect(done).toEqual({
      status: 'ok',
      opportunity: { opportunity_id: deal.opportunity_id, customer_id: deal.customer_id, stage: 'closed_won' },
    })
    expect(await win(deal, 'conversation-stage-1')).toEqual(done)
    expect(await won(deal)).toBe(1)
  })

  it('does nothing when the other one denies it, and says so', async () => {
    const deal = next()
    const id = asked(await win(deal, 'denied-stage-0001'))
    await decide(id, 'denied')
    for (let i = 0; i < 2; i++)
      expect(outcome(await win(deal, 'denied-stage-0001'))).toBe('PERMISSION_DENIED/approval_denied')
    expect(await won(deal)).toBe(0)
  })

  it('tells the approver what it is about', async () => {
    const deal = next()
    const customer = all.find(({ customer_id }) => customer_id === deal.customer_id)
    const reply = await win(deal, 'told-what-about-1')
    asked(reply)
    for (const word of ['closed_won', 'Signed today.', deal.opportunity_id, deal.name, `${deal.amount}`, deal.currency])
      expect(errorOf(reply).details.summary).toContain(word)
    for (const word of [customer?.name, customer?.company, deal.customer_id])
      expect(errorOf(reply).details.summary).toContain(word)
    expect(errorOf(reply).next_step).toMatch(/sales-manager.*postern approvals approve apr_.*same idempotency_key/)
  })

  it('goes through in another process, after a restart', async () => {
    const deal = next()
    await decide(asked(await win(deal, 'another-process-1')), 'approved')
    const second = await openCustomers(directory)
    const done = await win(deal, 'another-process-1', { on: second })
    await second.close()
    expect(outcome(done)).toBe('ok')
    expect(await win(deal, 'another-process-1')).toEqual(done)
    expect(await won(deal)).toBe(1)
  })

  it('is approved neither by its caller, nor without the role or its rows, nor from another tenant', async () => {
    const deal = next()
    const id = asked(await win(deal, 'nobody-may-do-that'))
    await expect(decide(id, 'approved', manager(deal))).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    await expect(decide(id, 'approved', 'auditor')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const kenji = customers.host.principal('kenji.t')
    const elsewhere = { ...kenji, subject: 'kenji.elsewhere', attributes: { regions: ['JAPAN'] } }
    const otherwise = { ...kenji, subject: 'kenji.otherwise', purposes: ['audit'] }
    for (const who of [elsewhere, otherwise]) {
      await expect(decide(id, 'approved', who)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect((await listApprovals(customers.host.desk, { viewer: who, limit: 100 })).approvals).toEqual([])
    }
    await expect(decide(id, 'approved', 'globex-support')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    asked(await win(deal, 'nobody-may-do-that'))
  })

  it('covers these words for this deal and no others', async () => {
    const [deal, other] = [next(), next()]
    const id = asked(await win(deal, 'covers-these-words'))
    await decide(id, 'approved')
    expect(asked(await win(deal, 'covers-these-words', { reason: 'Because I say so.' }))).not.toBe(id)
    expect(asked(await win(other, 'covers-these-words-2'))).not.toBe(id)
    expect(asked(await win(deal, 'covers-these-words', { as: 'kenji.t' }))).not.toBe(id)
  })

  it('is void when the deal is no longer what was approved', async () => {
    const deal = next()
    const id = asked(await win(deal, 'grown-in-meantime'))
    await decide(id, 'approved')
    const db = customers.host.desk.store.query<{ opportunities: { opportunity_id: string; amount: number } }>()
    await db
      .updateTable('opportunities')
      .set({ amount: deal.amount * 1000 })
      .where('opportunity_id', '=', deal.opportunity_id)
      .execute()
    expect(asked(await win(deal, 'grown-in-meantime'))).not.toBe(id)
    expect(await won(deal)).toBe(0)
  })

  it('is asked of nobody where it could not happen anyway', async () => {
    const deal = next()
    const call = (input: object) =>
      customers.call(
        'update_opportunity_stage',
        { opportunity_id: deal.opportunity_id, stage: 'closed_won', reason: 'x', ...input },
        { as: manager(deal) },
      )
    expect(outcome(await call({ expected_stage: 'proposal' }))).toBe('VALIDATION_ERROR/rule')
    expect(outcome(await call({ expected_stage: 'proposal', stage: 'closed_lost' }))).toBe('CONFLICT/stale')
    expect(outcome(await call({ opportunity_id: 'opp_none', expected_stage: 'negotiation' }))).toBe('NOT_FOUND/absent')
  })

  it('is not needed for the steps in between, and announced for the last', async () => {
    const deal = next()
    const input = { opportunity_id: deal.opportunity_id, expected_stage: 'negotiation', stage: 'proposal', reason: 'x' }
    expect(outcome(await customers.call('update_opportunity_stage', input, { as: manager(deal) }))).toBe('ok')
    const { scopes } = await customers.call('list_scopes', {}, { as: 'hanna.l' })
    expect(scopes).toContainEqual(
      expect.objectContaining({
        name: 'update_opportunity_stage',
        approval: 'when stage is closed_won or closed_lost, by sales-manager (also for their own calls)',
      }),
    )
  })

  it('is not what keeps a deal from a step it may not take', async () => {
    const development = join(import.meta.dirname, '..', 'environments', 'development.yaml')
    const place = temporaryDirectory()
    const environmentFile = environmentWith(development, { approvals: undefined }, join(place.path, 'free.yaml'))
    const free = await testHost(server, { environmentFile, dataDirectory: join(place.path, 'data') })
    const deal = next()
    const call = (stage: string, key: string) =>
      free.call(
        'update_opportunity_stage',
        {
          opportunity_id: deal.opportunity_id,
          expected_stage: 'negotiation',
          stage,
          reason: 'x',
          idempotency_key: key,
        },
        { as: manager(deal) },
      ) as Promise<Reply>
    expect(outcome(await call('qualification', 'without-approval-1'))).toBe('VALIDATION_ERROR/rule')
    expect(outcome(await call('closed_won', 'without-approval-2'))).toBe('ok')
    await free.close()
    place.remove()
  })

  it('may be given by a sales manager to their own call, as the development file says', async () => {
    const deal = next()
    const id = asked(await win(deal, 'managers-own-call-1', { as: 'kenji.t' }))
    await decide(id, 'approved', 'kenji.t')
    expect(outcome(await win(deal, 'managers-own-call-1', { as: 'kenji.t' }))).toBe('ok')
  })
})
