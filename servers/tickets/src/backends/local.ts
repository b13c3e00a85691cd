import type { OpenBackend, StoreContext } from '@postern/host'
import type { TicketPorts } from '../domain/ticket-ports.ts'
import type { LocalConfig } from './backend-section.ts'
import { localProjects, localTemplates } from './local-projects.ts'
import { localTickets } from './local-tickets.ts'
import { storedDrafts } from './stored-drafts.ts'
import type { Tables } from './tables.ts'

/**
 * Tickets in the server's own store, on either engine: for trials, tests and teams without a tracker.
 *
 * With `sample: true` an empty store gets the sample set first; a store that ever held something is left alone.
 */
export async function openLocal(config: LocalConfig, { store }: StoreContext): Promise<OpenBackend<TicketPorts>> {
  if (config.sample) {
    const { loadSample } = await import('./local-sample.ts')
    await loadSample(store)
  }
  return {
    ports: {
      tickets: localTickets(store, config.url_base),
      drafts: storedDrafts(store),
      templates: localTemplates(store),
      projects: localProjects(store),
    },
    recovery: { 'tickets.create': 'transaction', 'drafts.create': 'transaction' },
    async doctor() {
      const project = await store
        .query<Tables>()
        .selectFrom('projects')
        .select('project_key')
        .limit(1)
        .executeTakeFirst()
      return project === undefined
        ? ['The store holds no project, so nobody can open a ticket. Load some with `postern import tickets <file>`.']
        : []
    },
  }
}
