import { onEveryEngine, openSampled, sampleSuite } from '@postern/host/testing/backend'
import { backend } from '../src/backends/index.ts'
import type { Tables } from '../src/backends/tables.ts'
import { backendSuite } from './backend/backend-suite.ts'
import type { BackendUnderTest } from './backend/bench.ts'
import { expirySuite } from './backend/expiry-suite.ts'
import { importSuite } from './backend/import-suite.ts'
import { numbersSuite } from './backend/numbers-suite.ts'
import { sampleRows } from './sample-rows.ts'

const own = { table: 'projects', row: { tenant: 'mine', project_key: 'ABC', next_number: 1, rules: '{}' } }

onEveryEngine(backend, (open) => {
  backendSuite('the contract of a backend', async (): Promise<BackendUnderTest> => {
    const store = await open('contract')
    const db = store.query<Tables>()
    return {
      store,
      backend: await openSampled(backend, store),
      async expire(draftId) {
        await db.updateTable('drafts').set({ expires_at: 1 }).where('draft_id', '=', draftId).execute()
      },
      async level(projectKey) {
        await db
          .updateTable('tickets')
          .set({ updated_at: 1_750_000_000_000 })
          .where('project_key', '=', projectKey)
          .execute()
      },
      close: () => store.close(),
    }
  })
  sampleSuite(backend, { rows: sampleRows, own }, open)
  numbersSuite(open)
  expirySuite(open)
  importSuite(open)
})
