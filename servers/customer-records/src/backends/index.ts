import type { BackendDefinition, Importer } from '@postern/host'
import type { CustomerPorts } from '../domain/customer-ports.ts'
import { backendSection, type LocalConfig } from './backend-section.ts'
import { importColumns } from './import-columns.ts'
import { migrations } from './migrations.ts'

/** Backends load when the environment file names them: tools/list needs none. */
export const backend: BackendDefinition<LocalConfig, CustomerPorts> = {
  section: backendSection,
  migrations,
  async open(config, context) {
    const { openLocal } = await import('./local.ts')
    return openLocal(config, context)
  },
}

/** Loads a person's own customers, where they live in the server's own store. */
export const importer: Importer<LocalConfig> = {
  noun: 'customers',
  columns: importColumns,
  async load(rows, _config, context) {
    const { importCustomers } = await import('./local-import.ts')
    return importCustomers(rows, context)
  },
}
