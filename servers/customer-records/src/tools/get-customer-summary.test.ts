import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CustomersHost, openCustomers, outcome, type Reply } from '../../test/customers-host.ts'
import { SummaryField } from '../domain/customer-summary.ts'
import { openStages, Stage } from '../domain/stage.ts'
import { sampleSet } from '../sample/sample-set.ts'

type Shown = Record<string, unknown> & { readonly untrusted: Record<string, unknown> }
const customer = (reply: Reply) => reply['customer'] as Shown

const { customers: all, opportunities, contacts } = sampleSet()
const acme = all.filter(({ tenant }) => tenant === 'acme')
const isOpen = ({ stage }: { stage: string }) => openStages.includes(Stage.parse(stage))
const dealsOf = (id: string) => opportunities.filter((deal) => deal.customer_id === id && isOpen(deal))
/** A customer of whom everything is known. */
const whole = acme.find(
  (one) =>
    one.region === 'UKI' &&
    one.owner &&
    one.status === 'customer' &&
    one.email &&
    one.phone &&
    one.last_contact &&
    dealsOf(one.customer_id).length > 0 &&
    contacts.filter(({ customer_id }) => customer_id === one.customer_id).length > 0,
)
const customer_id = whole?.customer_id ?? ''
/** And one of whom little is known. */
const bare = acme.find((one) => !one.email && !one.owner)

let customers: CustomersHost
beforeAll(async () => {
  customers = await openCustomers()
})
afterAll(() => customers.close())

const summary = (input: Readonly<Record<string, unknown>>, as = 'kenji.t') =>
  customers.call('get_customer_summary', input, { as })

describe('get_customer_summary', () => {
  it('reads one customer', async () => {
    expect(await summary({ customer_id })).toMatchInlineSnapshot(`
      {
        "customer": {
          "contacts": [
            {
              "untrusted": {
                "name": "Lorna Gallagher",
                "role": "Office Manager",
              },
            },
          ],
          "created_at": "2024-11-09T19:08:56.282Z",
          "customer_id": "cus_di8qgc",
          "email": "callum.quinn@hussain-marine-engineering-ltd.example",
          "last_contact": "2026-04-14T12:28:57.000Z",
          "lifetime_value": {
            "amount": 1500,
            "currency": "GBP",
          },
          "open_opportunities": [
            {
              "amount": 24000,
              "close_date": "2026-09-26",
              "currency": "GBP",
              "opportunity_id": "opp_9s8c2w",
              "stage": "discovery",
              "untrusted": {
                "name": "Borealis renewal for 8 months",
              },
            },
          ],
          "open_tickets": null,
          "owner": "priya.n",
          "phone": "+447700900122",
          "region": "UKI",
          "status": "customer",
          "untrusted": {
            "company": "Hussain Marine Engineering Ltd",
            "name": "Callum Quinn",
          },
        },
        "status": "ok",
      }
    `)
  })

  it('has every key for every customer, null where nothing is known', async () => {
    const shown = customer(await summary({ customer_id: bare?.customer_id }))
    const { untrusted, customer_id: _, ...rest } = shown
    expect([...Object.keys(rest), ...Object.keys(untrusted)].sort()).toEqual([...SummaryField.options].sort())
    expect(rest).toMatchObject({ owner: null, email: null, open_tickets: null })
  })

  it('leaves out what is masked, and names it', async () => {
    const reply = await summary({ customer_id }, 'support')
    for (const field of ['email', 'phone', 'lifetime_value']) expect(customer(reply)).not.toHaveProperty(field)
    expect(reply['masked']).toEqual(['email', 'phone', 'lifetime_value'])
    const text = JSON.stringify(reply)
    for (const hidden of [whole?.email, whole?.phone, `${whole?.lifetime_value}`]) expect(text).not.toContain(hidden)
    expect((await summary({ customer_id }, 'auditor'))['masked']).toEqual(['email', 'phone'])
    expect(await summary({ customer_id })).not.toHaveProperty('masked')
  })

  it('masks by the roles that cover the very record', async () => {
    const hanna = customers.host.principal('hanna.l')
    const both = { ...hanna, roles: ['support-agent', 'account-manager'], purposes: ['support', 'sales'] }
    const known = acme.filter(({ region, email }) => region === 'DACH' && email !== null)
    const [mine, others] = [true, false].map((own) => known.find(({ owner }) => (owner === 'hanna.l') === own))
    const read = (id: string | undefined) => customers.call('get_customer_summary', { customer_id: id }, { as: both })
    expect(customer(await read(mine?.customer_id))['email']).toBe(mine?.email)
    expect((await read(others?.customer_id))['masked']).toEqual(['email', 'phone', 'lifetime_value'])
  })

  it('shows only the fields asked for, and reads no more', async () => {
    expect(await summary({ customer_id, fields: ['status', 'name'] })).toEqual({
      status: 'ok',
      customer: { customer_id, status: whole?.status, untrusted: { name: whole?.name } },
    })
    expect(await summary({ customer_id, fields: ['phone'] }, 'support')).toEqual({
      status: 'ok',
      customer: { customer_id, untrusted: {} },
      masked: ['phone'],
    })
  })

  it('lists open deals by the day they should close', async () => {
    for (const one of acme.filter(({ region }) => region === 'UKI').slice(0, 40)) {
      const reply = await summary({ customer_id: one.customer_id, fields: ['open_opportunities'] })
      const shown = customer(reply)['open_opportunities'] as { opportunity_id: string; close_date: string | null }[]
      const expected = dealsOf(one.customer_id)
        .sort((a, b) => ((a.close_date ?? '9') < (b.close_date ?? '9') ? -1 : 1))
        .map((deal) => deal.opportunity_id)
      expect(shown.map((deal) => deal.opportunity_id)).toEqual(expected)
    }
  })

  it.each([
    ['an absent customer', 'cus_none', 'support'],
    ['a customer of another region', acme.find(({ region }) => region === 'JAPAN')?.customer_id, 'support'],
    [
      'a customer of another owner',
      acme.find((one) => one.region === 'DACH' && one.owner === 'jonas.w')?.customer_id,
      'hanna.l',
    ],
    ['a customer of nobody', acme.find((one) => one.region === 'DACH' && one.owner === null)?.customer_id, 'hanna.l'],
    [
      'a customer of another tenant',
      all.find((one) => one.tenant === 'globex' && one.region === 'UKI')?.customer_id,
      'support',
    ],
  ])('answers alike for %s', async (_, id, as) => {
    const refused = await summary({ customer_id: id }, as)
    const absent = await summary({ customer_id: 'cus_nobody' }, as)
    const plain = (reply: Reply) => JSON.stringify(reply).replace(/"request_id":"[^"]*"/, '')
    expect(outcome(refused)).toBe('NOT_FOUND/absent')
    expect(plain(refused)).toBe(plain(absent))
  })

  it.each([
    ['an unknown field to show', { customer_id: 'cus_1', fields: ['password'] }],
    ['no field at all', { customer_id: 'cus_1', fields: [] }],
    ['an unknown argument', { customer_id: 'cus_1', verbose: true }],
    ['something that is no id', { customer_id: "cus_1' or 1=1" }],
    ['no id', {}],
  ])('refuses %s', async (_, input) => {
    expect(outcome(await summary(input))).toBe('VALIDATION_ERROR/schema')
  })
})
