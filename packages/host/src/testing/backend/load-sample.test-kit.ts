// A process of its own: opens the backend of a module, with its sample set, on the store in a directory, and says how
// many rows there are then in each of the tables named.
import { openStore, storeSection } from '@postern/store'
import type { BackendDefinition } from '../../server-definition.ts'
import { countRows } from './count-rows.ts'
import { openSampled } from './open-sampled.ts'

const [module = '', dataDirectory = '', ...tables] = process.argv.slice(2)
const { backend } = (await import(module)) as { backend: BackendDefinition<unknown, object> }
const store = await openStore({
  server: 'local',
  environment: 'test',
  migrations: backend.migrations,
  config: storeSection.parse({ kind: 'sqlite' }),
  dataDirectory,
})
await openSampled(backend, store)
const counted = await countRows(store, tables)
await store.close()
process.stdout.write(JSON.stringify(counted))
