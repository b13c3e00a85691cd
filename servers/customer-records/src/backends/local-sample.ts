import { fillOnce } from '@postern/host/sample'
import type { Store } from '@postern/store'
import { sampleSet } from '../sample/sample-set.ts'
import type { Tables } from './tables.ts'

/** Far below the parameters a statement may have (SQLite 32,766; PostgreSQL 65,535). */
const rowsPerStatement = 200

/** Puts the sample set into an empty store, once. A store that ever held a customer is left alone, for good. */
export async function loadSample(store: Store): Promise<void> {
  await fillOnce(
    store,
    'customers',
    async (transaction) => {
      const db = store.within<Tables>(transaction)
      return (await db.selectFrom('customers').select('customer_id').limit(1).executeTakeFirst()) === undefined
    },
    async (transaction) => {
      const db = store.within<Tables>(transaction)
      for (const [table, rows] of Object.entries(sampleSet()) as [keyof Tables, object[]][])
        for (let from = 0; from < rows.length; from += rowsPerStatement)
          await db
            .insertInto(table)
            .values(rows.slice(from, from + rowsPerStatement) as never)
            .execute()
    },
  )
}
