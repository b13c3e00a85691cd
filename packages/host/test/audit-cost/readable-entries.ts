import type { BoundPorts } from '@postern/policy'
import type { Store } from '@postern/store'
import { toolsFor } from '@postern/tool'
import { z } from 'zod'
import type { ServerDefinition } from '../../src/server-definition.ts'
import { type EntriesTable, entriesBackend } from '../../src/testing/faults/entries-backend.ts'
import { entriesServer } from '../../src/testing/faults/entries-server.ts'
import type { EntryPorts } from '../../src/testing/faults/entry-ports.ts'

const getEntry = toolsFor<BoundPorts<EntryPorts>>()({
  name: 'get_entry',
  version: '1.0.0',
  title: 'Get entry',
  description: 'Reads an entry.',
  effect: 'read',
  scope: 'entries:read',
  input: z.strictObject({ entry_id: z.string().max(100) }),
  output: z.strictObject({ entry: z.strictObject({ entry_id: z.string(), marker: z.string() }) }),
  async handler({ entry_id }, { ports, signal }) {
    const { item } = await ports.entries.get(entry_id, { signal })
    return { entry: { entry_id: item.id, marker: item.marker } }
  },
})

/** The fixture with a read: one row of its own store, where `keep_entry` writes. */
export const readableEntries = {
  ...entriesServer,
  tools: [...entriesServer.tools, getEntry],
  backend: {
    ...entriesBackend,
    async open(config, context) {
      const { ports, ...opened } = await entriesBackend.open(config, context)
      return { ...opened, ports: { entries: { ...ports.entries, get: (id) => entryOf(context.store, id) } } }
    },
  },
} satisfies typeof entriesServer as unknown as ServerDefinition

async function entryOf(store: Store, id: string) {
  const row = await store
    .query<EntriesTable>()
    .selectFrom('entries')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && { ...row, project: 'OPS' }
}

/** @returns the ids of so many new entries of a tenant */
export async function keepEntries(store: Store, tenant: string, count: number): Promise<string[]> {
  const entries = Array.from({ length: count }, (_, n) => ({ id: `entry-${n}`, tenant, marker: `kept before, ${n}` }))
  await store.query<EntriesTable>().insertInto('entries').values(entries).execute()
  return entries.map(({ id }) => id)
}
