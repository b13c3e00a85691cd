import { onEveryEngine, openSampled, sampleSuite } from '@postern/host/testing/backend'
import { backend } from '../src/backends/index.ts'
import type { Tables } from '../src/backends/tables.ts'
import { sampleSet } from '../src/sample/sample-set.ts'
import { type BackendUnderTest, backendSuite } from './backend-suite.ts'
import { importSuite } from './import-suite.ts'
import { sampleRows } from './sample-rows.ts'

const own = { table: 'customers', row: { ...sampleSet().customers[0], tenant: 'mine' } }

onEveryEngine(backend, (open) => {
  backendSuite('the contract of a backend', async (): Promise<BackendUnderTest> => {
    const store = await open('contract')
    const db = store.query<Tables>()
    return {
      store,
      backend: await openSampled(backend, store),
      async handOver(customerId, owner) {
        await db.updateTable('customers').set({ owner }).where('customer_id', '=', customerId).execute()
      },
      async level(customerId) {
        await db
          .updateTable('activities')
          .set({ at: 1_750_000_000_000 })
          .where('customer_id', '=', customerId)
          .execute()
      },
      close: () => store.close(),
    }
  })
  sampleSuite(backend, { rows: sampleRows, own }, open)
  importSuite(open)
})
