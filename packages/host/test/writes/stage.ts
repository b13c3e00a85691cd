import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore, type Store, storeSection } from '@postern/store'
import {
  environmentWith,
  type FakeUpstream,
  type Postgres,
  startFakeUpstream,
  startPostgres,
  temporaryDirectory,
} from '@postern/testing'
import { migrations } from '../../src/migrations.ts'
import type { EngineName } from './cases.ts'
import { LossyProxy } from './lossy-proxy.ts'
import type { Subject } from './subject.ts'

/** Everything around the processes of one server on one engine. */
export interface Stage {
  readonly subject: Subject
  readonly engine: EngineName
  /** Where its trail is. */
  readonly auditIn: 'file' | 'postgres'
  /** Of all its processes. */
  readonly data: string
  readonly upstream: FakeUpstream
  /** The server's own store, as the driver reads it. */
  readonly store: Store
  /** The environment file; with `lossy` its connections to PostgreSQL pass through the proxy. */
  environmentFile(path: 'direct' | 'lossy'): string
  readonly database?: { readonly postgres: Postgres; readonly proxy: LossyProxy }
  /** How often each marker took effect, in the server's own store and at the upstream. */
  effects(): Promise<Readonly<Record<string, number>>>
  close(): Promise<void>
}

/** One caller makes all the calls, and nothing waits for a load balancer. */
const common = { 'limits.principal': '1000000/min', 'http.drain_delay_ms': 0 }

/**
 * How long a new record of the upstream stays invisible to its search: longer than a lease, so that whoever takes over
 * and does not wait for the settle time finds nothing. Shorter than the settle time of the fixture.
 */
const searchLagMs = 1_000

export async function openStage(subject: Subject, engine: EngineName): Promise<Stage> {
  const directory = temporaryDirectory()
  const data = join(directory.path, 'data')
  mkdirSync(data, { mode: 0o700 })
  const upstream = await startFakeUpstream({ searchLagMs })
  // With fsync: without it a killed database may lose what it has acknowledged, and K8 would show nothing.
  const auditIn = engine === 'postgres' && subject.auditInPostgres === true ? 'postgres' : 'file'
  const postgres = engine === 'postgres' ? await startPostgres({ fsync: true }) : undefined
  const proxy = postgres && (await LossyProxy.start(postgres.port))
  const files = Object.fromEntries(
    (['direct', 'lossy'] as const).map((path) => {
      const url = postgres?.url.replace(`:${postgres.port}/`, `:${path === 'lossy' ? proxy?.port : postgres.port}/`)
      const secret = join(directory.path, `${path}-database-url`)
      if (url !== undefined) writeFileSync(secret, url, { mode: 0o600 })
      const store = url === undefined ? { kind: 'sqlite' } : { kind: 'postgres', url: `file:${secret}`, tls: 'off' }
      const file = join(directory.path, `${path}.yaml`)
      const changes = {
        ...common,
        ...subject.environment(upstream.url),
        store,
        'audit.sink': auditIn,
      }
      return [path, environmentWith(subject.environmentFile, changes, file)]
    }),
  )
  const store = await openStore({
    config: storeSection.parse(
      postgres === undefined ? { kind: 'sqlite' } : { kind: 'postgres', url: 'env:UNUSED', tls: 'off' },
    ),
    url: async () => postgres?.url ?? '',
    server: subject.server.name,
    environment: 'development',
    dataDirectory: data,
    migrations: migrations(subject.server),
  })
  return {
    subject,
    engine,
    auditIn,
    data,
    upstream,
    store,
    environmentFile: (path) => files[path] ?? '',
    ...(postgres && proxy && { database: { postgres, proxy } }),
    async effects() {
      const stored = await Promise.all(subject.ways.map(async (way) => way.effects?.(store)))
      const sums: Record<string, number> = { ...(await upstream.counts()) }
      for (const counts of stored)
        for (const [marker, count] of Object.entries(counts ?? {})) sums[marker] = (sums[marker] ?? 0) + count
      return sums
    },
    async close() {
      await store.close()
      await proxy?.stop()
      await postgres?.stop()
      await upstream.stop()
      directory.remove()
    },
  }
}
