import { ToolError } from '@postern/errors'
import { pageOf, readPosition, rowsWhere, type Store, sql } from '@postern/store'
import type { Activities } from '../domain/customer-ports.ts'
import { newId } from './new-id.ts'
import { placedColumns } from './placed-columns.ts'
import { toActivity } from './rows.ts'
import type { Tables } from './tables.ts'

/** The timelines of customers in the server's own store: rows are added and never changed. */
export function localActivities(store: Store): Activities {
  return {
    async list({ customer_id, type, activity_id }, page) {
      const matching = store
        .query<Tables>()
        .selectFrom('activities')
        .innerJoin('customers', (join) =>
          join
            .onRef('customers.tenant', '=', 'activities.tenant')
            .onRef('customers.customer_id', '=', 'activities.customer_id'),
        )
        .where(rowsWhere(page.rows, placedColumns))
        .where('activities.customer_id', '=', customer_id)
        .$if(type !== undefined, (q) => q.where('activities.type', 'in', [...(type ?? [])]))
        .$if(activity_id !== undefined, (q) => q.where('activities.activity_id', '=', activity_id ?? ''))
      const rows = await matching
        .selectAll('activities')
        .select(['customers.region', 'customers.owner'])
        .$if(page.after !== undefined, (q) => q.where(behind(page.after ?? '')))
        .orderBy('activities.at', 'desc')
        .orderBy('activities.activity_id', 'desc')
        .limit(page.limit + 1)
        .execute()
      const total = await matching.select((build) => build.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
      return {
        ...pageOf(rows, page.limit, toActivity, ({ at, activity_id }) => [at, activity_id]),
        scoped: true,
        total: Number(total.count),
      }
    },

    log: ({ customer, text, author }, { tenant, effect }) =>
      effect.commit(async (transaction) => {
        const db = store.within<Tables>(transaction)
        const { customer_id } = customer
        const place = await db
          .selectFrom('customers')
          .select(['region', 'owner'])
          .where('tenant', '=', tenant)
          .where('customer_id', '=', customer_id)
          .forUpdate()
          .executeTakeFirst()
        if (place?.region !== customer.region || place.owner !== customer.owner) throw moved(customer_id)
        const row = await db
          .insertInto('activities')
          .values({
            tenant,
            activity_id: newId('act'),
            customer_id,
            type: 'note',
            at: store.now,
            author,
            text,
            opportunity_id: null,
            from_stage: null,
            to_stage: null,
          })
          .returningAll()
          .executeTakeFirstOrThrow()
        return toActivity({ ...row, ...place })
      }),
  }
}

function behind(after: string) {
  const [at, id] = readPosition<[number, string]>(after, ['number', 'string'])
  return sql<boolean>`(activities.at, activities.activity_id) < (${at}, ${id})`
}

/** The caller was let in by the customer's place of a moment ago. */
function moved(customer_id: string): ToolError {
  return new ToolError('CONFLICT', 'stale', `Customer ${customer_id} was handed over or removed in this moment.`, {
    nextStep: 'Call get_customer_summary; if you still see the customer, log the note again.',
  })
}
