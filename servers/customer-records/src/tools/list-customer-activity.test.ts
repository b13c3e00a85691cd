import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CustomersHost, openCustomers, outcome, type Reply } from '../../test/customers-host.ts'
import { sampleSet } from '../sample/sample-set.ts'

interface Entry {
  readonly activity_id: string
  readonly type: string
  readonly at: string
  readonly change?: { readonly opportunity_id: string; readonly from: string; readonly to: string }
  readonly untrusted: { readonly author: string; readonly text: string }
}
const entries = (reply: Reply) => reply['activities'] as readonly Entry[]

const { customers: all, activities } = sampleSet()
const of = (id: string) => activities.filter(({ customer_id }) => customer_id === id)
const inUki = all.filter(({ tenant, region }) => tenant === 'acme' && region === 'UKI')
/** The customer with the longest story. */
const [busy] = [...inUki].sort((a, b) => of(b.customer_id).length - of(a.customer_id).length)
const customer_id = busy?.customer_id ?? ''
const japanese = all.find(({ tenant, region }) => tenant === 'acme' && region === 'JAPAN')
const globex = all.find(({ tenant, region }) => tenant === 'globex' && region === 'UKI')

let customers: CustomersHost
beforeAll(async () => {
  customers = await openCustomers()
})
afterAll(() => customers.close())

const list = (input: Readonly<Record<string, unknown>>, as?: Parameters<CustomersHost['call']>[2]) =>
  customers.call('list_customer_activity', input, as)

describe('list_customer_activity', () => {
  it('tells what happened, newest first', async () => {
    const { next_cursor, ...rest } = await list({ customer_id, limit: 3 })
    expect(next_cursor).toBeTypeOf('string')
    expect(rest).toMatchInlineSnapshot(`
      {
        "activities": [
          {
            "activity_id": "act_hdb4ez",
            "at": "2026-06-17T08:49:14.000Z",
            "type": "note",
            "untrusted": {
              "author": "priya.n",
              "text": "Asked for training for 9 new starters, any day after 2026-06-25.",
            },
          },
          {
            "activity_id": "act_dprjug",
            "at": "2026-03-21T11:39:40.000Z",
            "change": {
              "from": "negotiation",
              "opportunity_id": "opp_r8k996",
              "to": "closed_won",
            },
            "type": "stage_change",
            "untrusted": {
              "author": "priya.n",
              "text": "Signed order came back, starting on 2026-04-18.",
            },
          },
          {
            "activity_id": "act_d7tqvz",
            "at": "2026-03-21T08:19:39.000Z",
            "type": "meeting",
            "untrusted": {
              "author": "priya.n",
              "text": "Demo of Cobalt to 8 people, most questions were about the migration.",
            },
          },
        ],
        "count": 10,
        "status": "ok",
      }
    `)
  })

  it('pages through all, each entry once', async () => {
    const seen: Entry[] = []
    let cursor: string | undefined
    do {
      const reply = await list({ customer_id, limit: 2, ...(cursor && { cursor }) })
      seen.push(...entries(reply))
      expect(reply['count']).toBe(of(customer_id).length)
      cursor = reply['next_cursor'] as string | undefined
    } while (cursor !== undefined)
    expect(seen.map(({ activity_id }) => activity_id).sort()).toEqual(
      of(customer_id)
        .map((one) => one.activity_id)
        .sort(),
    )
    const times = seen.map(({ at }) => at)
    expect([...times].sort().reverse()).toEqual(times)
  })

  it('filters by type', async () => {
    const found = await list({ customer_id, type: ['call', 'meeting'], limit: 20 })
    expect(entries(found).length).toBe(of(customer_id).filter(({ type }) => /call|meeting/.test(type)).length)
    expect(entries(found).every(({ type }) => type === 'call' || type === 'meeting')).toBe(true)
  })

  it('cuts long texts, says so, and shows one entry whole', async () => {
    const note = `Long story: ${'it went on and on. '.repeat(40)}`.trim()
    await customers.call('log_note', { customer_id, note })
    const reply = await list({ customer_id, limit: 1 })
    const [entry] = entries(reply)
    expect(entry?.untrusted.text).toMatch(/^Long story: .{280,}…$/)
    expect(reply['truncated']).toEqual(['text'])
    const alone = await list({ customer_id, activity_id: entry?.activity_id })
    expect(alone).toMatchObject({ count: 1, activities: [{ untrusted: { text: note, author: 'support' } }] })
    expect(alone).not.toHaveProperty('truncated')
  })

  it('does not say that a text was cut that was not', async () => {
    expect(await list({ customer_id, type: ['call', 'meeting', 'stage_change'] })).not.toHaveProperty('truncated')
  })

  it('shows an empty story of a customer without one', async () => {
    const silent = inUki.find((one) => of(one.customer_id).length === 0)
    expect(await list({ customer_id: silent?.customer_id })).toEqual({ status: 'ok', activities: [], count: 0 })
  })

  it('shows no entry of another customer', async () => {
    const foreign = [japanese, globex].map((one) => of(one?.customer_id ?? '')[0]?.activity_id)
    for (const activity_id of foreign) {
      expect(activity_id).toBeDefined()
      expect(await list({ customer_id, activity_id })).toEqual({ status: 'ok', activities: [], count: 0 })
    }
  })

  it.each([
    ['an absent customer', 'cus_none', 'support'],
    ['a customer of another region', japanese?.customer_id, 'support'],
    ['a customer of another tenant', globex?.customer_id, 'support'],
    [
      'a customer of another owner',
      all.find((one) => one.region === 'DACH' && one.owner === 'jonas.w')?.customer_id,
      'hanna.l',
    ],
  ])('finds nothing of %s', async (_, id, as) => {
    expect(outcome(await list({ customer_id: id }, { as }))).toBe('NOT_FOUND/absent')
  })

  it.each([
    ['an unknown field', { customer_id, since: '2026-01-01' }],
    ['an unknown type', { customer_id, type: ['email'] }],
    ['too high a limit', { customer_id, limit: 21 }],
    ['no customer', {}],
  ])('refuses %s', async (_, input) => {
    expect(outcome(await list(input))).toBe('VALIDATION_ERROR/schema')
  })

  it('refuses a cursor of another customer', async () => {
    const cursor = (await list({ customer_id, limit: 1 }))['next_cursor']
    const other = inUki.find((one) => one.customer_id !== customer_id)
    expect(outcome(await list({ customer_id: other?.customer_id, limit: 1, cursor }))).toBe('VALIDATION_ERROR/cursor')
  })
})
