import { openDeployedStore } from '../open-backend.ts'
import type { MainContext } from '../serve.ts'

/**
 * `migrate`: brings the tables up to date as a step of its own, for deployments where the server's own role may not
 * alter tables. A server that finds nothing missing alters nothing.
 */
export async function migrate(context: MainContext): Promise<void> {
  const { store } = await openDeployedStore(context, 'run')
  await store.close()
  process.stderr.write(`${context.server.name}: the tables are up to date.\n`)
}
