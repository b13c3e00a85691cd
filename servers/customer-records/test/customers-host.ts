import { type OpenServer, openServer } from '@postern/host/testing/open-server'
import type { Principal } from '@postern/tool'
import { server } from '../src/server.ts'

export { errorOf, outcome, type Reply } from '@postern/host/testing/open-server'

export interface CustomersHost extends OpenServer {
  /** Support, but for other regions. */
  supportFor(...regions: string[]): Principal
}

const environmentFile = `${import.meta.dirname}/../environments/development.yaml`

/**
 * This server in this process, on the sample set, under its own development file.
 *
 * @param dataDirectory to continue on the data of an earlier one
 */
export async function openCustomers(dataDirectory?: string): Promise<CustomersHost> {
  const opened = await openServer(server, { environmentFile, ...(dataDirectory !== undefined && { dataDirectory }) })
  return {
    ...opened,
    supportFor: (...regions) => ({ ...opened.host.principal('support'), attributes: { regions } }),
  }
}
