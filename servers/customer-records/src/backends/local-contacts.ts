import { pageOf, readPosition, rowsWhere, type Store } from '@postern/store'
import type { Contacts } from '../domain/customer-ports.ts'
import { placedColumns } from './placed-columns.ts'
import { toContact } from './rows.ts'
import type { Tables } from './tables.ts'

/** The further people at a customer. */
export function localContacts(store: Store): Contacts {
  return {
    async list({ customer_id }, page) {
      const [after] = page.after === undefined ? [''] : readPosition<[string]>(page.after, ['string'])
      const rows = await store
        .query<Tables>()
        .selectFrom('contacts')
        .innerJoin('customers', (join) =>
          join
            .onRef('customers.tenant', '=', 'contacts.tenant')
            .onRef('customers.customer_id', '=', 'contacts.customer_id'),
        )
        .selectAll('contacts')
        .select(['customers.region', 'customers.owner'])
        .where(rowsWhere(page.rows, placedColumns))
        .where('contacts.customer_id', '=', customer_id)
        .where('contacts.contact_id', '>', after)
        .orderBy('contacts.contact_id')
        .limit(page.limit + 1)
        .execute()
      return {
        ...pageOf(rows, page.limit, toContact, ({ contact_id }) => [contact_id]),
        scoped: true,
      }
    },
  }
}
