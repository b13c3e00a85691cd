import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CustomersHost, errorOf, openCustomers, outcome, type Reply } from '../../test/customers-host.ts'
import { sampleSet } from '../sample/sample-set.ts'

interface Row {
  readonly customer_id: string
  readonly status: string
  readonly region: string
  readonly untrusted: { readonly name: string; readonly company: string; readonly suspicious?: readonly string[] }
}
const rows = (reply: Reply) => reply['customers'] as readonly Row[]

const acme = sampleSet().customers.filter(({ tenant }) => tenant === 'acme')
const anna = acme.find(({ email }) => email === 'anna.assmann@bruckner-metallbau-gmbh.example')

let customers: CustomersHost
beforeAll(async () => {
  customers = await openCustomers()
})
afterAll(() => customers.close())

const search = (input: Readonly<Record<string, unknown>>, as?: Parameters<CustomersHost['call']>[2]) =>
  customers.call('search_customers', input, as)

describe('search_customers', () => {
  it('finds customers in a compact form', async () => {
    const { next_cursor, ...rest } = await search({ name: 'anna', company: 'gmbh', limit: 2 })
    expect(next_cursor).toBeTypeOf('string')
    expect(rest).toMatchInlineSnapshot(`
      {
        "count": 5,
        "customers": [
          {
            "customer_id": "cus_mnjtyy",
            "region": "DACH",
            "status": "prospect",
            "untrusted": {
              "company": "Brückner Metallbau GmbH",
              "name": "Anna Aßmann",
            },
          },
          {
            "customer_id": "cus_qh6yc3",
            "region": "DACH",
            "status": "lead",
            "untrusted": {
              "company": "Sonnentor Solarbau GmbH",
              "name": "Anna Fürst",
            },
          },
        ],
        "status": "ok",
      }
    `)
  })

  it('orders by name, over all pages, each customer once', async () => {
    const seen: Row[] = []
    let cursor: string | undefined
    do {
      const reply = await search({ region: ['DACH'], limit: 50, ...(cursor && { cursor }) })
      seen.push(...rows(reply))
      expect(reply['count']).toBe(250)
      cursor = reply['next_cursor'] as string | undefined
    } while (cursor !== undefined)
    expect(new Set(seen.map(({ customer_id }) => customer_id)).size).toBe(250)
    // By code point, as both engines compare.
    const names = seen.map(({ untrusted }) => Buffer.from(untrusted.name.toLowerCase()))
    expect([...names].sort(Buffer.compare)).toEqual(names)
  })

  it.each([
    ['name', { name: 'Kowalczyk' }, (one: (typeof acme)[number]) => one.name.includes('Kowalczyk')],
    ['company', { company: 'stadtwerke' }, (one: (typeof acme)[number]) => one.company.startsWith('Stadtwerke')],
    ['status', { status: ['lead', 'churned'] }, (one: (typeof acme)[number]) => /lead|churned/.test(one.status)],
    ['owner', { owner: 'hanna.l' }, (one: (typeof acme)[number]) => one.owner === 'hanna.l'],
    ['all of them', { name: 'e', company: 'a', status: ['customer'], owner: 'hanna.l' }, undefined],
  ])('filters by %s', async (_, filter, matches) => {
    const found = await search({ region: ['DACH'], limit: 50, ...filter })
    const expected = acme.filter(
      (one) =>
        one.region === 'DACH' &&
        (matches?.(one) ??
          (/e/i.test(one.name) && /a/i.test(one.company) && one.status === 'customer' && one.owner === 'hanna.l')),
    )
    expect(expected.length).toBeGreaterThan(0)
    expect(found['count']).toBe(expected.length)
    const ids = expected.map(({ customer_id }) => customer_id)
    for (const row of rows(found)) expect(ids).toContain(row.customer_id)
  })

  it.each([
    ['in any case', { name: 'ANNA brückner' }, 1],
    ['with sharp s as it is written', { name: 'aßmann anna' }, 1],
    ['in full-width letters', { company: 'ｓｔａｄｔｗｅｒｋｅ　ｈｏｈｅｎｆｅｌｓ' }, 1],
    ['with what would be a pattern', { name: '%' }, 0],
    ['with nothing like it', { company: 'no such company anywhere' }, 0],
  ])('finds words %s', async (_, filter, atLeast) => {
    const count = (await search({ region: ['DACH'], ...filter }))['count'] as number
    if (atLeast === 0) expect(count).toBe(0)
    else expect(count).toBeGreaterThanOrEqual(atLeast)
  })

  it('finds names of other scripts', async () => {
    const as = customers.supportFor('JAPAN', 'MENA')
    expect((await search({ name: '渡辺' }, { as }))['count']).toBeGreaterThan(0)
    expect((await search({ name: 'الحداد' }, { as }))['count']).toBeGreaterThan(0)
  })

  it('finds by a whole address, in any case, who may see addresses', async () => {
    const found = await search({ email: 'Anna.Assmann@Bruckner-Metallbau-GmbH.example' }, { as: 'kenji.t' })
    expect(rows(found).map(({ customer_id }) => customer_id)).toEqual([anna?.customer_id])
    expect((await search({ email: 'anna.assmann@' }, { as: 'kenji.t' }))['count']).toBe(0)
  })

  it('denies a search by a field that is masked', async () => {
    const reply = await search({ email: 'anna.assmann@bruckner-metallbau-gmbh.example' })
    expect(outcome(reply)).toBe('PERMISSION_DENIED/masked_field')
    expect(errorOf(reply).details.fields).toEqual(['email'])
  })

  it('searches by a field that is masked for one role only where another shows it', async () => {
    const hanna = customers.host.principal('hanna.l')
    const both = { ...hanna, roles: ['support-agent', 'account-manager'], purposes: ['support', 'sales'] }
    const known = acme.filter(({ region, email }) => region === 'DACH' && email !== null)
    const [mine, others] = [true, false].map((own) => known.find(({ owner }) => (owner === 'hanna.l') === own))
    expect((await search({ email: mine?.email }, { as: both }))['count']).toBe(1)
    expect((await search({ email: others?.email }, { as: both }))['count']).toBe(0)
  })

  it('shows the rows of the caller, and says nothing of others', async () => {
    expect((await search({ region: ['DACH', 'UKI', 'JAPAN'] }))['count']).toBe(506)
    expect(await search({ region: ['JAPAN'] })).toEqual({ status: 'ok', customers: [], count: 0 })
    expect(await search({ region: ['ATLANTIS'] })).toEqual({ status: 'ok', customers: [], count: 0 })
    const own = await search({}, { as: 'hanna.l' })
    expect(own['count']).toBe(acme.filter(({ owner, region }) => owner === 'hanna.l' && region === 'DACH').length)
  })

  it('shows each tenant its own, however alike', async () => {
    const query = { name: 'Anna Aßmann' }
    const [ours, theirs] = [await search(query), await search(query, { as: 'globex-support' })]
    expect([ours['count'], theirs['count']]).toEqual([1, 1])
    expect(rows(ours)[0]?.untrusted).toEqual(rows(theirs)[0]?.untrusted)
    expect(rows(ours)[0]?.customer_id).not.toBe(rows(theirs)[0]?.customer_id)
  })

  it.each([
    ['an unknown field', { phone: '+49' }],
    ['a field of its own choosing', { field: 'owner', value: 'x' }],
    ['an unknown status', { status: ['vip'] }],
    ['no status at all', { status: [] }],
    ['a region that is none', { region: ['dach; drop table'] }],
    ['too high a limit', { limit: 51 }],
    ['over-long text', { name: 'x'.repeat(121) }],
    ['U+0000', { company: 'a\u0000b' }],
  ])('refuses %s', async (_, input) => {
    expect(outcome(await search(input))).toBe('VALIDATION_ERROR/schema')
  })

  it('refuses a cursor of nobody, of another query and of another caller', async () => {
    const cursor = (await search({ region: ['DACH'] }))['next_cursor']
    expect(outcome(await search({ region: ['DACH'], cursor }))).toBe('ok')
    for (const refused of [
      search({ region: ['DACH'], cursor: 'AAAA' }),
      search({ region: ['UKI'], cursor }),
      search({ region: ['DACH'], cursor }, { as: 'globex-support' }),
      search({ region: ['DACH'], cursor }, { as: 'kenji.t' }),
    ])
      expect(outcome(await refused)).toBe('VALIDATION_ERROR/cursor')
  })

  it('is denied outside the purpose of a role', async () => {
    const idle = { ...customers.host.principal('support'), purposes: ['sales'] }
    expect(outcome(await search({}, { as: idle }))).toBe('PERMISSION_DENIED/purpose')
  })
})
