import type { ImportReport, ImportRow } from '@postern/host'
import type { OpenStore } from '@postern/host/testing/backend'
import type { Store } from '@postern/store'
import { describe, expect, it } from 'vitest'
import { importCustomers } from '../src/backends/local-import.ts'
import type { Tables } from '../src/backends/tables.ts'

type Values = Readonly<Record<string, unknown>>

async function* lines(values: readonly Values[]): AsyncGenerator<ImportRow> {
  for (const [index, value] of values.entries()) yield { line: index + 2, values: value }
}

const row = (number: number, change: Values = {}): Values => ({
  customer_id: `cus_file${number}`,
  name: `Customer number ${number}`,
  company: 'Nordwind Logistik GmbH',
  region: 'DACH',
  ...change,
})

/** What has to hold of an import into a store of either engine. */
export function importSuite(open: OpenStore): void {
  const importing = (store: Store, rows: AsyncIterable<ImportRow>, tenant: string) =>
    importCustomers(rows, {
      store,
      tenant,
      environment: 'test',
      signal: new AbortController().signal,
      onProgress: () => undefined,
    })
  const load = (store: Store, values: readonly Values[], tenant = 'acme'): Promise<ImportReport> =>
    importing(store, lines(values), tenant)
  const stored = (store: Store) =>
    store.query<Tables>().selectFrom('customers').selectAll().orderBy('customer_id').execute()
  const inStore = async (name: string, run: (store: Store) => Promise<void>) => {
    const store = await open(name)
    try {
      await run(store)
    } finally {
      await store.close()
    }
  }

  describe('the import', () => {
    it('loads text as a CSV file gives it', () =>
      inStore('import_csv', async (store) => {
        const report = await load(store, [
          row(1, {
            name: ' Łukasz Gołąb ',
            status: 'Customer',
            region: 'cee',
            owner: 'marek.s',
            email: 'L.Golab@Example.com',
            phone: '0048 (22) 123-45-67',
            lifetime_value: '12500.40',
            currency: 'pln',
            created_at: '2026-01-31T08:30:00+01:00',
            last_contact: '2026-02-01',
          }),
        ])
        expect(report).toEqual({ imported: 1, rejected: [], rejectedTotal: 0 })
        expect(await stored(store)).toEqual([
          {
            tenant: 'acme',
            customer_id: 'cus_file1',
            name: 'Łukasz Gołąb',
            company: 'Nordwind Logistik GmbH',
            status: 'customer',
            region: 'CEE',
            owner: 'marek.s',
            email: 'L.Golab@Example.com',
            phone: '+48221234567',
            lifetime_value: 12500,
            currency: 'PLN',
            created_at: Date.parse('2026-01-31T07:30:00Z'),
            last_contact: Date.parse('2026-02-01T00:00:00Z'),
            name_key: 'łukasz gołąb',
            search_name: 'łukasz gołąb',
            search_company: 'nordwind logistik gmbh',
            search_email: 'l.golab@example.com',
          },
        ])
      }))

    it('loads a line that says little, and numbers as a JSON file gives them', () =>
      inStore('import_json', async (store) => {
        await load(store, [
          row(1, { owner: null, email: '', phone: null }),
          row(2, { lifetime_value: 900, currency: 'EUR', last_contact: '2020-05-05' }),
        ])
        const [bare, rich] = await stored(store)
        expect(bare).toMatchObject({ status: 'lead', owner: null, email: null, phone: null, lifetime_value: null })
        expect(rich).toMatchObject({ lifetime_value: 900, created_at: rich?.last_contact })
      }))

    it('gives ids to customers without one', () =>
      inStore('import_ids_new', async (store) => {
        const many = Array.from({ length: 250 }, (_, i) => row(i, { customer_id: undefined }))
        expect((await load(store, many)).imported).toBe(250)
        expect((await load(store, many)).imported).toBe(250)
        const ids = (await stored(store)).map(({ customer_id }) => customer_id)
        expect(new Set(ids).size).toBe(500)
        for (const id of ids) expect(id).toMatch(/^cus_[2-9a-z]{12}$/)
      }))

    it.each([
      ['no name', row(1, { name: '' }), 'name', 'is missing'],
      ['a blank name', row(1, { name: '  ' }), 'name', 'a name'],
      ['no region', row(1, { region: undefined }), 'region', 'is missing'],
      ['a status of another CRM', row(1, { status: 'Opportunity' }), 'status', 'must be one of lead'],
      ['a region in words', row(1, { region: 'north of here' }), 'region', 'such as DACH'],
      ['a bad id', row(1, { customer_id: 'a b' }), 'customer_id', 'cus_'],
      ['a bad address', row(1, { email: 'Kim <kim@x>' }), 'email', 'an e-mail address'],
      ['a number without country', row(1, { phone: '030 123456' }), 'phone', 'country code'],
      ['a value in words', row(1, { lifetime_value: '12,500', currency: 'EUR' }), 'lifetime_value', '12500'],
      ['a value without currency', row(1, { lifetime_value: 1 }), 'currency', 'belong together'],
      ['a currency without value', row(1, { currency: 'EUR' }), 'lifetime_value', 'belong together'],
      ['a currency in words', row(1, { lifetime_value: 1, currency: 'Euro' }), 'currency', 'three letters'],
      ['a day that does not exist', row(1, { created_at: '2026-13-01' }), 'created_at', 'a day that exists'],
      ['a time in words', row(1, { last_contact: 'yesterday' }), 'last_contact', '2026-01-31T08:30:00Z'],
      [
        'a contact before the start',
        row(1, { created_at: '2026-02-02', last_contact: '2026-02-01' }),
        'last_contact',
        'before created_at',
      ],
      ['an unknown column', row(1, { Segment: 'x' }), 'Segment', 'is no column of customers'],
      ['U+0000', row(1, { company: 'a\u0000b' }), 'company', 'U+0000'],
      ['a number as a name', row(1, { name: 7 }), 'name', 'text'],
      ['an over-long name', row(1, { name: 'x'.repeat(121) }), 'name', 'at most 120'],
    ])('rejects %s, says where, and loads nothing', (name, bad, column, problem) =>
      inStore('import_rejects', async (store) => {
        const report = await load(store, [row(1000), bad, row(1001)])
        expect(report.rejected, name).toEqual([{ line: 3, column, problem: expect.stringContaining(problem) }])
        expect(report.imported).toBe(0)
        expect(await stored(store)).toEqual([])
      }),
    )

    it('rejects ids that are there already or twice in the file', () =>
      inStore('import_ids', async (store) => {
        await load(store, [row(1), row(2)])
        const report = await load(store, [row(3), row(2), row(3)])
        expect([...report.rejected].sort((a, b) => a.line - b.line)).toEqual([
          { line: 3, column: 'customer_id', problem: 'a customer with this customer_id exists already' },
          { line: 4, column: 'customer_id', problem: 'the same customer_id as on line 2' },
        ])
        expect(await stored(store)).toHaveLength(2)
      }))

    it('takes the ids of another tenant for free', () =>
      inStore('import_tenants', async (store) => {
        await load(store, [row(1)])
        expect((await load(store, [row(1)], 'globex')).imported).toBe(1)
      }))

    it('lists a hundred faults and counts them all', () =>
      inStore('import_many', async (store) => {
        const report = await load(
          store,
          Array.from({ length: 350 }, (_, i) => row(i + 1, { status: 'vip' })),
        )
        expect(report.rejected).toHaveLength(100)
        expect(report.rejectedTotal).toBe(350)
        expect(await stored(store)).toEqual([])
      }))

    it('leaves nothing behind when the file ends in a fault of its own', () =>
      inStore('import_torn', async (store) => {
        async function* torn(): AsyncGenerator<ImportRow> {
          yield* lines(Array.from({ length: 150 }, (_, i) => row(i + 1)))
          throw new Error('line 152: a quote is not closed')
        }
        await expect(importing(store, torn(), 'acme')).rejects.toThrow('a quote is not closed')
        expect(await stored(store)).toEqual([])
      }))

    it('undoes what was written before the first rejected line', () =>
      inStore('import_undone', async (store) => {
        const good = Array.from({ length: 250 }, (_, i) => row(i + 1))
        expect(await load(store, [...good, row(251, { name: '' })])).toMatchObject({ imported: 0, rejectedTotal: 1 })
        expect(await stored(store)).toEqual([])
      }))

    it('rejects a file without rows', () =>
      inStore('import_empty', async (store) => {
        expect(await load(store, [])).toMatchObject({ imported: 0, rejectedTotal: 1 })
      }))
  })
}
