import { randomUUID } from 'node:crypto'
import type { OpenBackend } from '@postern/host'
import { effectOn, lostEffectOn } from '@postern/host/testing/backend'
import type { ReadContext, RowScope, WriteContext } from '@postern/policy'
import type { Store } from '@postern/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Activity } from '../src/domain/activity.ts'
import type { Customer } from '../src/domain/customer.ts'
import type { ActivityQuery, CustomerPorts, CustomerQuery } from '../src/domain/customer-ports.ts'
import type { Opportunity } from '../src/domain/opportunity.ts'
import { openStages } from '../src/domain/stage.ts'

/** What a backend's test brings: an opened backend with the sample set, or the like, in it. */
export interface BackendUnderTest {
  readonly store: Store
  readonly backend: OpenBackend<CustomerPorts>
  /** Gives a customer to another account manager, as somebody in the CRM could at any time. */
  handOver(customerId: string, owner: string): Promise<void>
  /** Puts all activities of a customer into the same millisecond. */
  level(customerId: string): Promise<void>
  close(): Promise<void>
}

const signal = new AbortController().signal
const acme: RowScope = [{ tenant: ['acme'] }]
const dach: RowScope = [{ tenant: ['acme'], region: ['DACH'] }]
/** Every attribute there is, and one that no backend knows. */
const nothing: readonly (readonly [string, RowScope])[] = [
  ['no rows at all', []],
  ['rows of another region', [{ tenant: ['acme'], region: ['ATLANTIS'] }]],
  ['rows of another owner', [{ tenant: ['acme'], owner: ['nobody.x'] }]],
  ['rows of another tenant', [{ tenant: ['initech'] }]],
  ['an attribute it does not know', [{ tenant: ['acme'], segment: ['A'] }]],
]

/** What every backend has to do, whatever system it speaks to. Authorization is not its business: `bind` is above it. */
export function backendSuite(name: string, open: () => Promise<BackendUnderTest>): void {
  describe(name, () => {
    let under: BackendUnderTest
    let ports: CustomerPorts
    let everybody: readonly Customer[]
    beforeAll(async () => {
      under = await open()
      ports = under.backend.ports
      everybody = await all((page) => ports.customers.search({}, page, reader()), dach, 50)
    })
    afterAll(() => under.close())

    const reader = (tenant = 'acme'): ReadContext => ({ tenant, subject: 'urn:test\u0000kim', signal })
    const writer = (tenant = 'acme'): WriteContext => ({
      ...reader(tenant),
      effect: effectOn(under.store, randomUUID()),
    })
    const failing = (): WriteContext => ({
      ...writer(),
      effect: lostEffectOn(under.store, randomUUID()),
    })
    const search = (query: CustomerQuery, limit = 50, rows = dach) =>
      ports.customers.search(query, { limit, rows }, reader())
    const timeline = (query: ActivityQuery, rows = acme) =>
      all((page) => ports.activities.list(query, page, reader()), rows, 4)
    const dealsOf = (customer_id: string, rows = acme, limit = 3) =>
      all((page) => ports.opportunities.list({ customer_id, stage: openStages }, page, reader()), rows, limit)

    /** A customer of whom a deal is at its beginning; each call gives another one. */
    const used = new Set<string>()
    async function beginning(): Promise<Opportunity> {
      for (const { customer_id } of everybody)
        for (const deal of used.has(customer_id) ? [] : await dealsOf(customer_id))
          if (deal.stage === 'qualification') {
            used.add(customer_id)
            return deal
          }
      throw new Error('no deal is left')
    }

    describe('customers.get', () => {
      it('gives what search gives, whole', async () => {
        const [one] = everybody
        expect(await ports.customers.get(one?.customer_id ?? '', reader())).toEqual(one)
        expect(Object.keys(one ?? {}).sort()).toEqual([
          ...['company', 'created_at', 'customer_id', 'email', 'last_contact', 'lifetime_value', 'name'],
          ...['open_tickets', 'owner', 'phone', 'region', 'status', 'tenant'],
        ])
      })

      it.each(['cus_none', '', "' or 1=1 --", '%'])('gives nothing for %j', async (id) => {
        expect(await ports.customers.get(id, reader())).toBeUndefined()
      })

      it('gives nothing of another tenant', async () => {
        expect(await ports.customers.get(everybody[0]?.customer_id ?? '', reader('globex'))).toBeUndefined()
      })
    })

    describe('customers.search', () => {
      it('pages through all, by name and then by id, each once', async () => {
        const names = everybody.map(({ name, customer_id }) => Buffer.from(`${name.toLowerCase()}\u0000${customer_id}`))
        expect([...names].sort(Buffer.compare)).toEqual(names)
        expect(new Set(everybody.map(({ customer_id }) => customer_id)).size).toBe(everybody.length)
        expect((await search({}, 1)).total ?? everybody.length).toBe(everybody.length)
        const again = await all((page) => ports.customers.search({}, page, reader()), dach, 7)
        expect(again).toEqual(everybody)
      })

      it.each([
        ['name', { name: 'Anna' }, (one: Customer) => /anna/i.test(one.name)],
        ['two words of a name', { name: 'demir anna' }, (one: Customer) => one.name === 'Anna Demir'],
        ['company', { company: 'gmbh' }, (one: Customer) => /gmbh/i.test(one.company)],
        ['status', { status: ['lead'] }, (one: Customer) => one.status === 'lead'],
        ['several states', { status: ['lead', 'churned'] }, (one: Customer) => /lead|churned/.test(one.status)],
        ['region', { region: ['DACH', 'UKI'] }, (one: Customer) => one.region === 'DACH'],
        ['another region', { region: ['UKI'] }, () => false],
        ['owner', { owner: 'hanna.l' }, (one: Customer) => one.owner === 'hanna.l'],
        ['a part of an address', { email: 'anna' }, () => false],
        [
          'two filters',
          { name: 'anna', status: ['customer'] },
          (one: Customer) => /anna/i.test(one.name) && one.status === 'customer',
        ],
      ] as const)('filters by %s', async (_, query, matches) => {
        const found = await search(query as CustomerQuery)
        const expected = everybody.filter(matches).map(({ customer_id }) => customer_id)
        expect(found.items.map(({ customer_id }) => customer_id)).toEqual(expected.slice(0, 50))
        if (found.scoped) expect(found.total).toBe(expected.length)
      })

      it('finds an address in any case', async () => {
        const one = everybody.find(({ email }) => email)
        const found = await search({ email: one?.email?.toUpperCase() })
        expect(found.items).toEqual([one])
      })

      it.each(['%', '_', '\\', "'", '%%', '\\%'])('takes %j for letters', async (word) => {
        expect((await search({ name: word })).items).toEqual([])
      })

      it.each(nothing)('shows nothing under %s', async (_, rows) => {
        const { items, total } = await search({}, 50, rows)
        expect(items).toEqual([])
        expect(total ?? 0).toBe(0)
      })

      it('shows the rows of several conjunctions, each once', async () => {
        const rows = [
          { tenant: ['acme'], region: ['DACH'], owner: ['hanna.l'] },
          { tenant: ['acme'], region: ['DACH'] },
        ]
        const found = await search({}, 50, rows)
        expect(found.items).toEqual(everybody.slice(0, 50))
        if (found.scoped) expect(found.total).toBe(everybody.length)
      })
    })

    describe('contacts.list', () => {
      const people = (customer_id: string, rows = acme, limit = 1) =>
        all((page) => ports.contacts.list({ customer_id }, page, reader()), rows, limit)

      it('gives the people of one customer, in pages, with the place of that customer', async () => {
        const lists = await Promise.all(everybody.slice(0, 30).map(({ customer_id }) => people(customer_id)))
        expect(lists.some((list) => list.length > 1)).toBe(true)
        for (const [i, list] of lists.entries()) {
          const { customer_id, region, owner } = everybody[i] ?? { customer_id: '', region: '', owner: '' }
          expect(new Set(list.map(({ contact_id }) => contact_id)).size).toBe(list.length)
          for (const one of list) expect(one).toMatchObject({ tenant: 'acme', customer_id, region, owner })
          expect(await people(customer_id, acme, 10)).toEqual(list)
        }
      })

      it.each(nothing)('shows nothing under %s', async (_, rows) => {
        for (const { customer_id } of everybody.slice(0, 10)) expect(await people(customer_id, rows)).toEqual([])
      })
    })

    describe('opportunities', () => {
      it('lists open deals by the day they should close, in pages, and gives each by its id', async () => {
        for (const { customer_id, region, owner } of everybody.slice(0, 30)) {
          const deals = await dealsOf(customer_id, acme, 1)
          expect(deals).toEqual(await dealsOf(customer_id, acme, 10))
          const days = deals.map(({ close_date }) => close_date ?? '9999')
          expect([...days].sort()).toEqual(days)
          for (const deal of deals) {
            expect(openStages).toContain(deal.stage)
            expect(deal).toMatchObject({ tenant: 'acme', customer_id, region, owner })
            expect(await ports.opportunities.get(deal.opportunity_id, reader())).toEqual(deal)
          }
        }
      })

      it.each(['opp_none', '', "' or 1=1 --"])('gives nothing for %j', async (id) => {
        expect(await ports.opportunities.get(id, reader())).toBeUndefined()
      })

      it('gives nothing of another tenant', async () => {
        const deal = await beginning()
        expect(await ports.opportunities.get(deal.opportunity_id, reader('globex'))).toBeUndefined()
      })

      it.each(nothing)('lists nothing under %s', async (_, rows) => {
        for (const { customer_id } of everybody.slice(0, 20)) expect(await dealsOf(customer_id, rows)).toEqual([])
      })
    })

    describe('opportunities.changeStage', () => {
      const forward = { stage: 'discovery', expected_stage: 'qualification', reason: 'Yes.', author: 'kim' } as const

      it('moves a deal and tells of it, in one', async () => {
        const deal = await beginning()
        const before = await timeline({ customer_id: deal.customer_id })
        const moved = await ports.opportunities.changeStage(deal.opportunity_id, forward, {
          ...writer(),
          current: deal,
        })
        expect(moved).toEqual({ ...deal, stage: 'discovery' })
        expect(await ports.opportunities.get(deal.opportunity_id, reader())).toEqual(moved)
        const [entry, ...rest] = await timeline({ customer_id: deal.customer_id })
        expect(rest).toEqual(before)
        expect(entry).toMatchObject({
          type: 'stage_change',
          author: 'kim',
          text: 'Yes.',
          change: { opportunity_id: deal.opportunity_id, from: 'qualification', to: 'discovery' },
        })
      })

      it('refuses when the deal is elsewhere, as it was read or as it is', async () => {
        const deal = await beginning()
        const elsewhere: Opportunity = { ...deal, stage: 'proposal' }
        const change = (current: Opportunity) =>
          ports.opportunities.changeStage(deal.opportunity_id, forward, { ...writer(), current })
        await expect(change(elsewhere)).rejects.toMatchObject({ code: 'CONFLICT', reason: 'stale' })
        await change(deal)
        const before = await timeline({ customer_id: deal.customer_id })
        // What was read says qualification still; the store knows better.
        await expect(change(deal)).rejects.toMatchObject({ code: 'CONFLICT', reason: 'stale' })
        expect(await timeline({ customer_id: deal.customer_id })).toEqual(before)
      })

      it('lets one of many through that read the same', async () => {
        const deal = await beginning()
        const results = await Promise.allSettled(
          Array.from({ length: 8 }, () =>
            ports.opportunities.changeStage(deal.opportunity_id, forward, { ...writer(), current: deal }),
          ),
        )
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        for (const result of results)
          if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CONFLICT', reason: 'stale' })
      })

      it('leaves neither stage nor entry behind when the effect fails', async () => {
        const deal = await beginning()
        const before = await timeline({ customer_id: deal.customer_id })
        await expect(
          ports.opportunities.changeStage(deal.opportunity_id, forward, { ...failing(), current: deal }),
        ).rejects.toThrow('lost')
        expect(await ports.opportunities.get(deal.opportunity_id, reader())).toEqual(deal)
        expect(await timeline({ customer_id: deal.customer_id })).toEqual(before)
      })

      it('touches no deal of another tenant', async () => {
        const deal = await beginning()
        const change = ports.opportunities.changeStage(deal.opportunity_id, forward, {
          ...writer('globex'),
          current: deal,
        })
        await expect(change).rejects.toMatchObject({ code: 'CONFLICT' })
        expect(await ports.opportunities.get(deal.opportunity_id, reader())).toEqual(deal)
      })
    })

    describe('activities', () => {
      it('pages through a timeline, newest first, each entry once', async () => {
        for (const { customer_id, region, owner } of everybody.slice(0, 20)) {
          const entries = await timeline({ customer_id })
          const times = entries.map(({ at }) => at)
          expect([...times].sort().reverse()).toEqual(times)
          expect(new Set(entries.map(({ activity_id }) => activity_id)).size).toBe(entries.length)
          for (const one of entries) expect(one).toMatchObject({ tenant: 'acme', customer_id, region, owner })
          const page = await ports.activities.list({ customer_id }, { limit: 1, rows: acme }, reader())
          if (page.scoped) expect(page.total).toBe(entries.length)
        }
      })

      it('pages through entries of the same millisecond', async () => {
        const { customer_id } = await beginning()
        const before = await timeline({ customer_id })
        await under.level(customer_id)
        const ids = (entries: readonly Activity[]) => entries.map(({ activity_id }) => activity_id).sort()
        const singly = await all((page) => ports.activities.list({ customer_id }, page, reader()), acme, 1)
        expect(ids(singly)).toEqual(ids(before))
      })

      it('filters by type and by id', async () => {
        const { customer_id } = (await beginning()) ?? {}
        const entries = await timeline({ customer_id })
        for (const type of ['note', 'call', 'meeting', 'stage_change'] as const)
          expect(await timeline({ customer_id, type: [type] })).toEqual(entries.filter((one) => one.type === type))
        const [one] = entries
        if (one) expect(await timeline({ customer_id, activity_id: one.activity_id })).toEqual([one])
        expect(await timeline({ customer_id, activity_id: 'act_none' })).toEqual([])
      })

      it.each(nothing)('shows nothing under %s', async (_, rows) => {
        for (const { customer_id } of everybody.slice(0, 10)) expect(await timeline({ customer_id }, rows)).toEqual([])
      })
    })

    describe('activities.log', () => {
      const log = (customer: Pick<Customer, 'customer_id' | 'region' | 'owner'>, text: string, context = writer()) =>
        ports.activities.log({ customer, text, author: 'kim' }, context)
      const last = () => everybody.at(-1) as Customer

      it('adds a note with every character of it', async () => {
        const text = '\u202eعربي 日本語 👩🏽‍🚀 \\ % _ \' " ; -- \u001b[31m line\r\nend \u{e0041}'
        const logged = await log(last(), text)
        expect(logged).toMatchObject({ type: 'note', author: 'kim', text, change: null, region: 'DACH' })
        expect((await timeline({ customer_id: last().customer_id }))[0]).toEqual(logged)
      })

      it('adds notes in parallel, each once', async () => {
        const texts = Array.from({ length: 8 }, (_, i) => `In parallel ${i}`)
        await Promise.all(texts.map((text) => log(last(), text)))
        const found = (await timeline({ customer_id: last().customer_id })).map(({ text }) => text)
        expect(found.filter((text) => text.startsWith('In parallel')).sort()).toEqual(texts)
      })

      it('adds nothing when the customer was handed over since it was read', async () => {
        const before = everybody.at(-2) as Customer
        await under.handOver(before.customer_id, 'somebody.else')
        await expect(log(before, 'Too late')).rejects.toMatchObject({ code: 'CONFLICT', reason: 'stale' })
        expect(await timeline({ customer_id: before.customer_id })).not.toContainEqual(
          expect.objectContaining({ text: 'Too late' }),
        )
      })

      it('adds nothing to a customer who does not exist, or of another tenant', async () => {
        const nobody = { customer_id: 'cus_none', region: 'DACH', owner: null }
        await expect(log(nobody, 'x')).rejects.toMatchObject({ code: 'CONFLICT' })
        await expect(log(last(), 'Not mine', writer('globex'))).rejects.toMatchObject({ code: 'CONFLICT' })
        expect(await timeline({ customer_id: last().customer_id })).not.toContainEqual(
          expect.objectContaining({ text: 'Not mine' }),
        )
      })

      it('leaves no note behind when the effect fails', async () => {
        await expect(log(last(), 'Never there', failing())).rejects.toThrow('lost')
        expect(await timeline({ customer_id: last().customer_id })).not.toContainEqual(
          expect.objectContaining({ text: 'Never there' }),
        )
      })
    })

    it('says how each of its writes recovers', () => {
      expect(Object.keys(under.backend.recovery).sort()).toEqual(['activities.log', 'opportunities.changeStage'])
    })
  })
}

/** All items of a list, page by page. */
async function all<Item>(
  list: (page: { limit: number; rows: RowScope; after?: string }) => Promise<{
    readonly items: readonly Item[]
    readonly next?: string
  }>,
  rows: RowScope,
  limit: number,
): Promise<Item[]> {
  const items: Item[] = []
  for (let after: string | undefined; ; ) {
    const page = await list({ limit, rows, ...(after !== undefined && { after }) })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    items.push(...page.items)
    after = page.next
    if (after === undefined) return items
  }
}
