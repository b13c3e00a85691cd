import type { PageRequest } from '@postern/policy'
import { contains, type Kysely, pageOf, readPosition, rowsWhere, type Store, searchTerms, sql } from '@postern/store'
import type { CustomerQuery, Customers } from '../domain/customer-ports.ts'
import { toCustomer } from './rows.ts'
import type { Tables } from './tables.ts'

const columns = { tenant: 'tenant', region: 'region', owner: 'owner' }

/** Customers in the server's own store. Row scopes become part of the statement, so counts are exact. */
export function localCustomers(store: Store): Customers {
  return {
    async get(id, { tenant }) {
      const db = store.query<Tables>()
      const query = db.selectFrom('customers').selectAll().where('tenant', '=', tenant).where('customer_id', '=', id)
      const row = await query.executeTakeFirst()
      return row && toCustomer(row)
    },

    async search(query, page) {
      const matching = matchingRows(store.query<Tables>(), query, page)
      const rows = await matching
        .selectAll()
        .$if(page.after !== undefined, (q) => q.where(behind(page.after ?? '')))
        .orderBy('name_key')
        .orderBy('customer_id')
        .limit(page.limit + 1)
        .execute()
      const total = await matching.select((build) => build.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
      return {
        ...pageOf(rows, page.limit, toCustomer, ({ name_key, customer_id }) => [name_key, customer_id]),
        scoped: true,
        total: Number(total.count),
      }
    },
  }
}

function behind(after: string) {
  const [name, id] = readPosition<[string, string]>(after, ['string', 'string'])
  return sql<boolean>`(name_key, customer_id) > (${name}, ${id})`
}

function matchingRows(db: Kysely<Tables>, query: CustomerQuery, page: PageRequest) {
  const { name, company, email, status, region, owner } = query
  const words = [
    ...searchTerms(name ?? '').map((term) => contains('search_name', term)),
    ...searchTerms(company ?? '').map((term) => contains('search_company', term)),
  ]
  return db
    .selectFrom('customers')
    .where(rowsWhere(page.rows, columns))
    .$if(email !== undefined, (q) => q.where('search_email', '=', (email ?? '').toLowerCase()))
    .$if(status !== undefined, (q) => q.where('status', 'in', [...(status ?? [])]))
    .$if(region !== undefined, (q) => q.where('region', 'in', [...(region ?? [])]))
    .$if(owner !== undefined, (q) => q.where('owner', '=', owner ?? ''))
    .$if(words.length > 0, (q) => q.where((build) => build.and(words)))
}
