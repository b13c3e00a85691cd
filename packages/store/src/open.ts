import type { Engine } from './engine.ts'
import { migrate } from './migrate.ts'
import { type StoreOptions, storeFile, storeSchema } from './open-store.ts'
import { rotatingUrl } from './rotating-url.ts'
import { secretsMigration } from './secrets.ts'
import { createStore, type Store } from './store.ts'

export async function open(options: StoreOptions): Promise<Store> {
  const engine = await openEngine(options)
  const store = createStore(engine)
  try {
    await migrate(store, [secretsMigration, ...options.migrations], {
      mode: options.migrate ?? 'run',
      schema: storeSchema(options.server),
      ...(options.signal && { signal: options.signal }),
    })
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

async function openEngine(options: StoreOptions): Promise<Engine> {
  const { config, url } = options
  if (config.kind === 'sqlite') {
    const { openSqlite } = await import('./sqlite.ts')
    return openSqlite(storeFile(options, config.path))
  }
  if (url === undefined) throw new TypeError('a PostgreSQL store needs url')
  const { openPostgres } = await import('./postgres.ts')
  const rotating = typeof url === 'function' ? rotatingUrl(url) : url
  return openPostgres({ config, url: rotating, schema: storeSchema(options.server) })
}
