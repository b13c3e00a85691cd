import { isAbsolute, join } from 'node:path'
import type { Migration } from './migration.ts'
import type { RotatingUrl } from './rotating-url.ts'
import type { Store } from './store.ts'
import type { StoreConfig } from './store-section.ts'

export interface StoreOptions {
  /** The `store` section of the environment file. */
  readonly config: StoreConfig
  /** Gives the text behind `config.url`; asked for every new connection, so that a rotated secret is picked up. */
  readonly url?: (() => Promise<string>) | RotatingUrl
  /** Name of the server; with underscores the name of its PostgreSQL schema. */
  readonly server: string
  readonly environment: string
  /** The embedded store is `<dataDirectory>/<environment>/<server>.db`. */
  readonly dataDirectory: string
  /** The steps of all components, each component's in order. */
  readonly migrations: readonly Migration[]
  /** `run` (default) applies missing steps, `check` refuses to start without them. */
  readonly migrate?: 'run' | 'check'
  readonly signal?: AbortSignal
}

/**
 * Opens a server's store and brings its tables up to date. Engines load when they are used: a server on SQLite never
 * loads the PostgreSQL driver.
 *
 * @throws ToolError `store_down` whose cause is a StoreFault with a sentence for the operator
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { open } = await import('./open.ts')
  return open(options)
}

/** The file of an embedded store. */
export function storeFile(options: Pick<StoreOptions, 'server' | 'environment' | 'dataDirectory'>, path?: string) {
  if (path === undefined) return join(options.dataDirectory, plain(options.environment), `${plain(options.server)}.db`)
  return isAbsolute(path) ? path : join(options.dataDirectory, path)
}

/** The PostgreSQL schema of a server. */
export function storeSchema(server: string): string {
  return plain(server).replaceAll('-', '_')
}

/** These names become parts of paths and identifiers. */
function plain(name: string): string {
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name))
    throw new TypeError(`"${name}" is not a name of lower-case letters, digits, - and _`)
  return name
}
