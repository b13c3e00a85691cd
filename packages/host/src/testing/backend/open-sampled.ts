import { openCredentials } from '@postern/credentials'
import type { Store } from '@postern/store'
import type { BackendDefinition, OpenBackend } from '../../server-definition.ts'

/** The `local` backend of a server on a store of the test's own, with the sample set where the store is empty. */
export async function openSampled<Config, Ports>(
  backend: BackendDefinition<Config, Ports>,
  store: Store,
): Promise<OpenBackend<Ports>> {
  return backend.open(backend.section.parse({ kind: 'local', sample: true }), {
    store,
    environment: 'test',
    credentials: await openCredentials({ environment: 'test', references: {} }),
    signal: new AbortController().signal,
  })
}
