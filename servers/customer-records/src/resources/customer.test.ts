import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CustomersHost, openCustomers, outcome } from '../../test/customers-host.ts'
import { sampleSet } from '../sample/sample-set.ts'
import { customer } from './customer.ts'

const all = sampleSet().customers
const idIn = (tenant: string, region: string, owner?: string) =>
  all.find((one) => one.tenant === tenant && one.region === region && (owner === undefined || one.owner === owner))
    ?.customer_id

let customers: CustomersHost
beforeAll(async () => {
  customers = await openCustomers()
})
afterAll(() => customers.close())

describe('customer://{customer_id}', () => {
  it.each(['support', 'kenji.t', 'auditor'])('reads what get_customer_summary reads, as %s', async (as) => {
    const customer_id = idIn('acme', 'UKI')
    const { status, ...summary } = await customers.call('get_customer_summary', { customer_id }, { as })
    expect(status).toBe('ok')
    expect(await customers.read(`customer://${customer_id}`, { as })).toEqual(summary)
  })

  it.each([
    ['an absent customer', 'cus_none', 'support'],
    ['one of another region', idIn('acme', 'JAPAN'), 'support'],
    ['one of another owner', idIn('acme', 'DACH', 'jonas.w'), 'hanna.l'],
    ['one of another tenant', idIn('globex', 'UKI'), 'support'],
  ])('answers for %s as if there were none', async (_, id, as) => {
    expect(outcome(await customers.read(`customer://${id}`, { as }))).toBe('NOT_FOUND/absent')
  })

  it.each(['customer://', 'customer://cus_1/x', 'customer://cus_1?x=1', 'customer://../cus_1', 'ticket://cus_1'])(
    'does not take %s for one of its own',
    (uri) => {
      expect(customer.match(uri)).toBeUndefined()
    },
  )

  it('lists the customers of an account manager, without a word about them', async () => {
    const { runtime, principal } = customers.host
    const list = async (as: string) => {
      const reply = await runtime.call({
        target: customer.listing ?? customer,
        input: {},
        principal: principal(as),
        client: { transport: 'internal', era: 'internal' },
        signal: new AbortController().signal,
      })
      return (reply.data as { resources: { uri: string; title: string }[] }).resources
    }
    const own = all.filter((one) => one.region === 'DACH' && one.owner === 'hanna.l')
    const listed = await list('hanna.l')
    expect(listed.map(({ uri }) => uri).sort()).toEqual(own.map((one) => `customer://${one.customer_id}`).sort())
    for (const { title } of listed) expect(title).toMatch(/^Customer cus_\w+ \(DACH, \w+\)$/)
    expect(await list('support')).toEqual([])
  })
})
