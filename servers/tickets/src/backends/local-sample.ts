import { fillOnce } from '@postern/host/sample'
import type { Store } from '@postern/store'
import { sampleSet } from '../sample/sample-set.ts'
import { addProject } from './local-add-project.ts'
import type { Tables } from './tables.ts'
import { toRow } from './ticket-row.ts'

/** Far below the parameters a statement may have (SQLite 32,766; PostgreSQL 65,535). */
const rowsPerStatement = 200

/** Puts the sample set into an empty store, once. A store that ever held a project is left alone, for good. */
export async function loadSample(store: Store): Promise<void> {
  await fillOnce(
    store,
    'tickets',
    async (transaction) => {
      const db = store.within<Tables>(transaction)
      return (await db.selectFrom('projects').select('project_key').limit(1).executeTakeFirst()) === undefined
    },
    async (transaction) => {
      const db = store.within<Tables>(transaction)
      const { projects, tickets } = sampleSet()
      for (const project of projects) {
        const own = tickets.filter(
          ({ tenant, project_key }) => tenant === project.tenant && project_key === project.project_key,
        )
        await addProject(db, project, own.length + 1)
      }
      const rows = tickets.map(({ created_at, updated_at, ...ticket }) => ({
        ...toRow(ticket),
        created_at,
        updated_at,
      }))
      for (let from = 0; from < rows.length; from += rowsPerStatement)
        await db
          .insertInto('tickets')
          .values(rows.slice(from, from + rowsPerStatement))
          .execute()
    },
  )
}
