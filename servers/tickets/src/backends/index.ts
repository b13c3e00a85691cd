import type { BackendDefinition } from '@postern/host'
import type { TicketPorts } from '../domain/ticket-ports.ts'
import { backendSection, type LocalConfig } from './backend-section.ts'
import { migrations } from './migrations.ts'

/** Backends load when the environment file names them: tools/list needs none. */
export const backend: BackendDefinition<LocalConfig, TicketPorts> = {
  section: backendSection,
  migrations,
  async open(config, context) {
    const { openLocal } = await import('./local.ts')
    return openLocal(config, context)
  },
}
