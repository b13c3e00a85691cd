import { randomUUID } from 'node:crypto'
import { column, type Migration, type Store } from '@postern/store'
import type { SendOptions } from '@postern/tool'
import { z } from 'zod'
import type { BackendDefinition } from '../../server-definition.ts'
import type { Entries, Entry, EntryPorts } from './entry-ports.ts'
import { askVendor } from './vendor-client.ts'

const backendSection = z.strictObject({
  kind: z.literal('vendor'),
  url: z.url(),
  settle_ms: z.int().min(0).default(0),
})
type Config = z.output<typeof backendSection>

export interface EntriesTable {
  entries: { id: string; tenant: string; marker: string }
}

/** No unique marker: a write that happens twice has to show as two rows. */
const migrations: readonly Migration[] = [
  {
    component: 'entries',
    number: 1,
    name: 'entries',
    async up(db) {
      await db.schema
        .createTable('entries')
        .addColumn('id', column.text, (id) => id.primaryKey())
        .addColumn('tenant', column.text, (tenant) => tenant.notNull())
        .addColumn('marker', column.text, (marker) => marker.notNull())
        .execute()
    },
  },
]

export const entriesBackend: BackendDefinition<Config, EntryPorts> = {
  section: backendSection,
  migrations,
  open: async (config, { store }) => ({
    ports: { entries: entries(config, store) },
    recovery: {
      'entries.keep': 'transaction',
      'entries.post': 'native-key',
      'entries.put': 'client-id',
      'entries.file': 'lookup',
      'entries.refile': 'lookup',
      'entries.send': 'none',
      'entries.cancel': 'native-key',
    },
  }),
}

function entries({ url, settle_ms: settleMs }: Config, store: Store): Entries {
  const search: SendOptions<unknown> = {
    settleMs,
    find: async (label, signal) => {
      const { body } = await askVendor(url, { method: 'GET', path: `search/entries?label=${label}`, signal })
      return (body as unknown[])[0]
    },
  }
  const file =
    (whenMissing: 'unknown' | 'resend'): Entries['file'] =>
    async ({ marker }, { tenant, effect }) => {
      const write = async (label: string, signal: AbortSignal) =>
        (await askVendor(url, { path: 'search/entries', body: { marker, label }, signal })).body
      return entry(tenant, await effect.send(write, { ...search, whenMissing }))
    }
  return {
    async get(id, { tenant, signal }) {
      const { status, body } = await askVendor(url, { method: 'GET', path: `entries/${id}`, signal })
      return status === 404 ? undefined : entry(tenant, body)
    },
    keep: ({ marker }, { tenant, effect }) =>
      effect.commit(async (transaction) => {
        const id = randomUUID()
        await store.within<EntriesTable>(transaction).insertInto('entries').values({ id, tenant, marker }).execute()
        return entry(tenant, { id, marker })
      }),
    post: async ({ marker }, { tenant, effect }) =>
      entry(
        tenant,
        await effect.send(
          async (key, signal) =>
            (await askVendor(url, { path: 'native-key/entries', key, body: { marker }, signal })).body,
        ),
      ),
    put: async ({ marker }, { tenant, effect }) =>
      entry(
        tenant,
        await effect.send(async (key, signal) => {
          const path = `client-id/entries/${key}`
          const made = await askVendor(url, { method: 'PUT', path, body: { marker }, signal })
          // There already: it is ours, from before.
          return made.status === 409 ? (await askVendor(url, { method: 'GET', path, signal })).body : made.body
        }),
      ),
    file: file('unknown'),
    refile: file('resend'),
    send: async ({ marker }, { tenant, effect }) =>
      entry(
        tenant,
        await effect.send(
          async (_, signal) => (await askVendor(url, { path: 'plain/entries', body: { marker }, signal })).body,
        ),
      ),
    cancel: async (id, { marker }, { tenant, effect }) =>
      entry(
        tenant,
        await effect.send(
          async (key, signal) =>
            (await askVendor(url, { path: `entries/${id}/cancel`, key, body: { marker }, signal })).body,
        ),
      ),
  }
}

/** The vendor knows nothing of tenants and projects. */
function entry(tenant: string, body: unknown): Entry {
  const { id, marker } = body as { id: string; marker: string }
  return { id, marker, tenant, project: 'OPS' }
}
