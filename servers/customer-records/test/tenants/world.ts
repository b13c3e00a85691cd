import { join } from 'node:path'
import { type TestHost, testHost } from '@postern/host/testing'
import { environmentWith, temporaryDirectory } from '@postern/testing'
import type { Tables } from '../../src/backends/tables.ts'
import { server } from '../../src/server.ts'

export type Tenant = 'acme' | 'globex'

/** A server of its own, with the sample data of some tenants. It notes which calls reach its backend. */
export interface World {
  readonly host: TestHost
  /** The backend calls since the last time it was asked, in order, such as `customers.search`. */
  backendCalls(): readonly string[]
  close(): Promise<void>
}

const tables = ['customers', 'contacts', 'opportunities', 'activities'] as const satisfies (keyof Tables)[]

/** Limits that no number of calls meets: how often one may call is not what is tried here. */
const unlimited = {
  'limits.principal': '9999999/s',
  'limits.concurrency': 10_000,
  ...Object.fromEntries(
    [
      ['support-agent', 'log_note'],
      ...['account-manager', 'sales-manager'].flatMap((role) => [
        [role, 'log_note'],
        [role, 'update_opportunity_stage'],
      ]),
    ].map(([role, tool]) => [`roles.${role}.limits.${tool}`, '9999999/s']),
  ),
}

/** @param only whose data there is; everybody's when it is left out */
export async function openWorld(only?: Tenant): Promise<World> {
  const directory = temporaryDirectory()
  const development = join(import.meta.dirname, '..', '..', 'environments', 'development.yaml')
  const environmentFile = environmentWith(development, unlimited, join(directory.path, 'environment.yaml'))
  const log: string[] = []
  const host = await testHost(watched(log), { environmentFile, dataDirectory: join(directory.path, 'data') })
  const db = host.desk.store.query<Tables>()
  if (only !== undefined) for (const table of tables) await db.deleteFrom(table).where('tenant', '!=', only).execute()
  return {
    host,
    backendCalls: () => log.splice(0),
    async close() {
      await host.close()
      directory.remove()
    },
  }
}

type Methods = Record<string, (...args: unknown[]) => unknown>

function watched(log: string[]): typeof server {
  return {
    ...server,
    backend: {
      ...server.backend,
      async open(config, context) {
        const opened = await server.backend.open(config, context)
        const ports = Object.entries(opened.ports as unknown as Record<string, Methods>).map(([port, methods]) => [
          port,
          Object.fromEntries(
            Object.entries(methods).map(([name, method]) => [
              name,
              (...args: unknown[]) => {
                log.push(`${port}.${name}`)
                return method(...args)
              },
            ]),
          ),
        ])
        return { ...opened, ports: Object.fromEntries(ports) }
      },
    },
  }
}
