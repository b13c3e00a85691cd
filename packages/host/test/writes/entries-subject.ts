import { fileURLToPath } from 'node:url'
import type { ServerDefinition } from '../../src/server-definition.ts'
import type { EntriesTable } from '../../src/testing/faults/entries-backend.ts'
import { entriesServer } from '../../src/testing/faults/entries-server.ts'
import type { Subject } from './subject.ts'

const input = (marker: string) => ({ marker })

/** The fixture: a write of every recovery class, and a change. */
export const entriesSubject: Subject = {
  server: entriesServer as unknown as ServerDefinition,
  main: fileURLToPath(new URL('../../src/testing/faults/entries-main.ts', import.meta.url)),
  environmentFile: fileURLToPath(new URL('../../src/testing/faults/entries.yaml', import.meta.url)),
  auditInPostgres: true,
  environment: (upstream) => ({ 'backend.url': upstream, 'backend.settle_ms': 1_200 }),
  ways: [
    {
      name: 'transaction',
      recovery: 'transaction',
      tool: 'keep_entry',
      input,
      async effects(store) {
        const rows = await store
          .query<EntriesTable>()
          .selectFrom('entries')
          .select(['marker', (build) => build.fn.countAll<number>().as('count')])
          .groupBy('marker')
          .execute()
        return Object.fromEntries(rows.map(({ marker, count }) => [marker, Number(count)]))
      },
    },
    { name: 'native-key', recovery: 'native-key', tool: 'post_entry', input },
    { name: 'client-id', recovery: 'client-id', tool: 'put_entry', input },
    { name: 'lookup, else unknown', recovery: 'lookup', whenMissing: 'unknown', tool: 'file_entry', input },
    { name: 'lookup, else resend', recovery: 'lookup', whenMissing: 'resend', tool: 'refile_entry', input },
    { name: 'none', recovery: 'none', tool: 'send_entry', input },
    {
      name: 'native-key, change',
      recovery: 'native-key',
      tool: 'cancel_entry',
      async input(marker, upstream) {
        const body = JSON.stringify({ marker: `made before ${marker}` })
        const made = await fetch(`${upstream}/plain/entries`, { method: 'POST', body })
        const { id } = (await made.json()) as { id: string }
        return { entry_id: id, marker }
      },
    },
  ],
}
