import { fileURLToPath } from 'node:url'
import type { Subject } from '@postern/host/testing/writes'
import type { Store } from '@postern/store'
import type { Tables } from '../../src/backends/tables.ts'
import { server } from '../../src/server.ts'

const fields = (marker: string) => ({
  project_key: 'OPS',
  title: `Badge reader <${marker}> reads no card`,
  description: 'The badge reader at the gate reads no card since Monday morning, and people queue outside.',
  priority: 'P2',
  acceptance_criteria: ['A card is read within one second'],
})

/** This server on its own store: every write of it is struck. */
export const ticketsSubject: Subject = {
  server: server as unknown as Subject['server'],
  main: fileURLToPath(new URL('./tickets-main.ts', import.meta.url)),
  environmentFile: fileURLToPath(new URL('../../environments/development.yaml', import.meta.url)),
  environment: () => ({ 'roles.support-agent.limits': undefined }),
  ways: [
    {
      name: 'create_ticket',
      recovery: 'transaction',
      tool: 'create_ticket',
      input: fields,
      effects: async (store) => countMarkers(await titles(store)),
    },
    {
      name: 'draft_ticket',
      recovery: 'transaction',
      tool: 'draft_ticket',
      input: fields,
      effects: async (store) => countMarkers(await proposals(store)),
    },
  ],
}

async function titles(store: Store): Promise<readonly string[]> {
  const rows = await store.query<Tables>().selectFrom('tickets').select('title').execute()
  return rows.map(({ title }) => title)
}

async function proposals(store: Store): Promise<readonly string[]> {
  const rows = await store.query<Tables>().selectFrom('drafts').select('proposal').execute()
  return rows.map(({ proposal }) => proposal)
}

function countMarkers(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const text of texts) {
    const marker = /<([^>]+)>/.exec(text)?.[1]
    if (marker !== undefined) counts[marker] = (counts[marker] ?? 0) + 1
  }
  return counts
}
