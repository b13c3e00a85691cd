import { openCredentials } from '@postern/credentials'
import type { BackendContext } from '@postern/host'
import { afterAll, beforeAll, describe } from 'vitest'
import { backend } from '../src/backends/index.ts'
import type { Tables } from '../src/backends/tables.ts'
import { backendSuite } from './backend/backend-suite.ts'
import type { BackendUnderTest } from './backend/bench.ts'
import { importSuite } from './backend/import-suite.ts'
import { sampleSuite } from './backend/sample-suite.ts'
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
    const context: BackendContext = {
      store,
      credentials: await openCredentials({ environment: 'test', references: {} }),
      environment: 'test',
      signal: new AbortController().signal,
    }
    return {
      context,
      backend: await backend.open(backend.section.parse({ kind: 'local', sample: true }), context),
      async expire(draftId) {
        await store
          .query<Tables>()
          .updateTable('drafts')
          .set({ expires_at: 1 })
          .where('draft_id', '=', draftId)
          .execute()
      },
      async level(projectKey) {
        const db = store.query<Tables>()
        await db
          .updateTable('tickets')
          .set({ updated_at: 1_750_000_000_000 })
          .where('project_key', '=', projectKey)
          .execute()
      },
      close: () => store.close(),
    }
  })
  sampleSuite((name) => stores.open(name))
  importSuite((name) => stores.open(name))
})
