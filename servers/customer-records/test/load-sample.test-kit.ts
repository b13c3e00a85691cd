// A process of its own: opens the store in the directory given, loads the sample set, says how many customers there are.
import { openStore, storeSection } from '@postern/store'
import { loadSample } from '../src/backends/local-sample.ts'
import { migrations } from '../src/backends/migrations.ts'
import type { Tables } from '../src/backends/tables.ts'

const store = await openStore({
  server: 'customer-records',
  environment: 'test',
  migrations,
  config: storeSection.parse({ kind: 'sqlite' }),
  dataDirectory: process.argv[2] ?? '',
})
await loadSample(store)
const rows = await store.query<Tables>().selectFrom('customers').select('customer_id').execute()
await store.close()
process.stdout.write(`${rows.length}\n`)
