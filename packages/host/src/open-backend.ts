import type { Credentials } from '@postern/credentials'
import { openStore, type Store } from '@postern/store'
import { type Environment, loadEnvironment } from './environment/load-environment.ts'
import { environmentFile } from './environment-file.ts'
import { migrations } from './migrations.ts'
import { openDeployedCredentials } from './open-deployed-credentials.ts'
import { dataDirectory } from './process-environment.ts'
import type { MainContext } from './serve.ts'
import type { BackendContext, OpenBackend, ServerDefinition } from './server-definition.ts'
import { storeUrl } from './store-url.ts'

export interface OpenedStore {
  readonly environment: Environment
  readonly credentials: Credentials
  readonly store: Store
}

/** Opens the store of a deployment for a command that works on it, while servers may be running. */
export async function openDeployedStore(context: MainContext, migrate: 'run' | 'check' = 'run'): Promise<OpenedStore> {
  const environment = await loadEnvironment(environmentFile(context, true), context.server)
  const credentials = await openDeployedCredentials(environment)
  const store = await openServerStore({
    environment,
    credentials,
    server: context.server,
    dataDirectory: dataDirectory(context.env),
    migrate,
  })
  return { environment, credentials, store }
}

export function openServerStore(options: {
  environment: Environment
  credentials: Credentials
  server: ServerDefinition
  dataDirectory: string
  migrate?: 'run' | 'check'
}): Promise<Store> {
  const { environment, server } = options
  return openStore({
    config: environment.store,
    ...storeUrl(environment.store, options.credentials),
    server: server.name,
    environment: environment.environment,
    dataDirectory: options.dataDirectory,
    migrations: migrations(server),
    migrate: options.migrate ?? 'run',
  })
}

/** The store and the backend on it. */
export async function openBackend(
  context: MainContext,
): Promise<
  OpenedStore & { readonly backend: OpenBackend<object>; readonly context: BackendContext; close(): Promise<void> }
> {
  const opened = await openDeployedStore(context)
  const backendContext = {
    store: opened.store,
    credentials: opened.credentials,
    environment: opened.environment.environment,
    signal: new AbortController().signal,
  }
  const backend = await context.server.backend.open(opened.environment.backend, backendContext)
  return {
    ...opened,
    backend,
    context: backendContext,
    async close() {
      await backend.close?.()
      await opened.store.close()
    },
  }
}
