import type { BackendDefinition, Importer } from '@postern/host'
import type { TicketPorts } from '../domain/ticket-ports.ts'
import { backendSection, type LocalConfig } from './backend-section.ts'
import { importColumns } from './import-columns.ts'
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

/** Loads a person's own tickets, where they live in the server's own store. */
export const importer: Importer<LocalConfig> = {
  noun: 'tickets',
  columns: importColumns,
  async load(rows, _config, context) {
    const { importTickets } = await import('./local-import.ts')
    return importTickets(rows, context)
  },
}
