import { afterAll, beforeAll, describe } from 'vitest'
import { backendSection } from '../src/backends/backend-section.ts'
import { openLocal } from '../src/backends/local.ts'
import type { Tables } from '../src/backends/tables.ts'
import { type BackendUnderTest, backendSuite } from './backend-suite.ts'
import { importSuite } from './import-suite.ts'
import { sampleSuite } from './sample-suite.ts'
import { postgresStores, type Stores, sqliteStores } from './stores.ts'

describe.each([
  ['SQLite', sqliteStores],
  ['PostgreSQL', postgresStores],
] as const)('local on %s', (_, openStores) => {
  let stores: Stores
  beforeAll(async () => {
    stores = await openStores()
  })
  afterAll(() => stores.close())

  backendSuite('the contract of a backend', async (): Promise<BackendUnderTest> => {
    const store = await stores.open('contract')
    const config = backendSection.parse({ kind: 'local', sample: true })
    const db = store.query<Tables>()
    return {
      store,
      backend: await openLocal(config, { store, environment: 'test', signal: new AbortController().signal }),
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
  sampleSuite((name) => stores.open(name))
  importSuite((name) => stores.open(name))
})
