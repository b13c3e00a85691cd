import { join } from 'node:path'
import { type Migration, openStore, type Store, storeSection } from '@postern/store'
import { startPostgres, temporaryDirectory } from '@postern/testing'
import { afterAll, beforeAll, describe } from 'vitest'

/** Opens the store of this name, made empty when it is new; again, a second connection to it. */
export type OpenStore = (name: string) => Promise<Store>

interface Stores {
  readonly open: OpenStore
  close(): Promise<void>
}

/** Describes the same of stores on SQLite and on PostgreSQL that have the tables of a backend. */
export function onEveryEngine(
  { migrations }: { readonly migrations: readonly Migration[] },
  suite: (open: OpenStore) => void,
): void {
  describe.each([
    ['SQLite', sqliteStores],
    ['PostgreSQL', postgresStores],
  ] as const)('local on %s', (_, openStores) => {
    let stores: Stores
    beforeAll(async () => {
      stores = await openStores(migrations)
    })
    afterAll(() => stores.close())

    suite((name) => stores.open(name))
  })
}

const common = { server: 'local', environment: 'test' }

async function sqliteStores(migrations: readonly Migration[]): Promise<Stores> {
  const directory = temporaryDirectory()
  const config = storeSection.parse({ kind: 'sqlite' })
  return {
    open: (name) => openStore({ ...common, migrations, config, dataDirectory: join(directory.path, name) }),
    close: async () => directory.remove(),
  }
}

async function postgresStores(migrations: readonly Migration[]): Promise<Stores> {
  const postgres = await startPostgres()
  const urls = new Map<string, Promise<string>>()
  const config = storeSection.parse({ kind: 'postgres', url: 'env:DATABASE_URL', tls: 'off' })
  return {
    async open(name) {
      const url = urls.get(name) ?? postgres.createDatabase(name)
      urls.set(name, url)
      await url
      return openStore({ ...common, migrations, config, url: () => url, dataDirectory: '/nowhere' })
    },
    close: () => postgres.stop(),
  }
}
