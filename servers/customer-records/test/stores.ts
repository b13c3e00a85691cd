import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store, storeSection } from '@postern/store'
import { type Postgres, startPostgres } from '@postern/testing'
import { migrations } from '../src/backends/migrations.ts'

/** Empty stores of one engine, and a second connection to each. */
export interface Stores {
  /** Opens the store of this name, made when it is new. */
  open(name: string): Promise<Store>
  close(): Promise<void>
}

const common = { server: 'customer-records', environment: 'test', migrations }

export async function sqliteStores(): Promise<Stores & { readonly directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'postern-customer-records-'))
  const config = storeSection.parse({ kind: 'sqlite' })
  return {
    directory,
    open: (name) => openStore({ ...common, config, dataDirectory: join(directory, name) }),
    close: async () => rmSync(directory, { recursive: true, force: true }),
  }
}

export async function postgresStores(): Promise<Stores> {
  const postgres: Postgres = await startPostgres()
  const urls = new Map<string, Promise<string>>()
  const config = storeSection.parse({ kind: 'postgres', url: 'env:DATABASE_URL', tls: 'off' })
  return {
    async open(name) {
      const url = urls.get(name) ?? postgres.createDatabase(name)
      urls.set(name, url)
      await url
      return openStore({ ...common, config, url: () => url, dataDirectory: '/nowhere' })
    },
    close: () => postgres.stop(),
  }
}
