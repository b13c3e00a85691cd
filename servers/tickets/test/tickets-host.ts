import { type OpenServer, openServer } from '@postern/host/testing/open-server'
import type { Principal } from '@postern/tool'
import { server } from '../src/server.ts'

export { errorOf, outcome, type Reply } from '@postern/host/testing/open-server'

export interface TicketsHost extends OpenServer {
  /** Support, but for other projects. */
  supportFor(...projects: string[]): Principal
}

const development = `${import.meta.dirname}/../environments/development.yaml`

/** This server in this process, on the sample set, under its own development file unless another is given. */
export async function openTickets(environmentFile = development): Promise<TicketsHost> {
  const opened = await openServer(server, { environmentFile })
  return {
    ...opened,
    supportFor: (...projects) => ({ ...opened.host.principal('support'), attributes: { projects } }),
  }
}
