import { ToolError } from '@postern/errors'
import type { PageRequest } from '@postern/policy'
import { contains, type Kysely, pageOf, readPosition, rowsWhere, type Store, sql } from '@postern/store'
import type { TicketQuery, Tickets } from '../domain/ticket-ports.ts'
import { spendDraft } from './stored-drafts.ts'
import type { Tables } from './tables.ts'
import { toRow, toTicket } from './ticket-row.ts'

const columns = { tenant: 'tenant', project: 'project_key' }

/** Tickets in the server's own store. Row scopes become part of the statement, so counts are exact. */
export function localTickets(store: Store, urlBase: string): Tickets {
  return {
    async get(id, { tenant }) {
      const db = store.query<Tables>()
      const query = db.selectFrom('tickets').selectAll().where('tenant', '=', tenant).where('ticket_id', '=', id)
      const row = await query.executeTakeFirst()
      return row && toTicket(row, urlBase)
    },

    async search(query, page) {
      const matching = matchingRows(store.query<Tables>(), query, page)
      const rows = await matching
        .selectAll()
        .$if(page.after !== undefined, (q) => q.where(behind(page.after ?? '')))
        .orderBy('updated_at', 'desc')
        .orderBy('number', 'desc')
        .limit(page.limit + 1)
        .execute()
      const total = await matching.select((build) => build.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
      return {
        ...pageOf(
          rows,
          page.limit,
          (row) => toTicket(row, urlBase),
          ({ updated_at, number }) => [updated_at, number],
        ),
        scoped: true,
        total: Number(total.count),
      }
    },

    create: ({ draft_id, ...input }, { tenant, subject, effect }) =>
      effect.commit(async (transaction) => {
        const db = store.within<Tables>(transaction)
        if (draft_id !== undefined)
          await spendDraft(store, transaction, { draft_id, tenant, owner: subject, key: effect.key })
        const number = await nextNumber(db, tenant, input.project_key)
        const row = await db
          .insertInto('tickets')
          .values({
            ...toRow({ ...input, tenant, number, status: 'open' }),
            created_at: store.now,
            updated_at: store.now,
          })
          .returningAll()
          .executeTakeFirstOrThrow()
        return toTicket(row, urlBase)
      }),
  }
}

function behind(after: string) {
  const [updatedAt, number] = readPosition<[number, number]>(after, ['number', 'number'])
  return sql<boolean>`(updated_at, number) < (${updatedAt}, ${number})`
}

function matchingRows(db: Kysely<Tables>, query: TicketQuery, page: PageRequest) {
  const { status, priority, label, words } = query
  return db
    .selectFrom('tickets')
    .where(rowsWhere(page.rows, columns))
    .where('project_key', '=', query.project_key)
    .$if(status !== undefined, (q) => q.where('status', 'in', [...(status ?? [])]))
    .$if(priority !== undefined, (q) => q.where('priority', 'in', [...(priority ?? [])]))
    .$if(label !== undefined, (q) => q.where(contains('labels', JSON.stringify(label))))
    .$if(words !== undefined, (q) =>
      q.where((build) =>
        build[words?.match === 'any' ? 'or' : 'and']((words?.terms ?? []).map((term) => contains('search_text', term))),
      ),
    )
}

/** Numbers have no gaps and no doubles: the row stays locked until the ticket is there. */
async function nextNumber(db: Kysely<Tables>, tenant: string, project_key: string): Promise<number> {
  const row = await db
    .updateTable('projects')
    .set((build) => ({ next_number: build('next_number', '+', 1) }))
    .where('tenant', '=', tenant)
    .where('project_key', '=', project_key)
    .returning('next_number')
    .executeTakeFirst()
  if (row === undefined)
    throw new ToolError('NOT_FOUND', 'absent', `There is no project ${project_key}, or you may not see it.`)
  return row.next_number - 1
}
