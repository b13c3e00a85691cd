import { ToolError } from '@postern/errors'
import { type Kysely, pageOf, readPosition, rowsWhere, type Store, sql } from '@postern/store'
import type { Opportunities } from '../domain/customer-ports.ts'
import { expectStage } from '../domain/stage.ts'
import { newId } from './new-id.ts'
import { placedColumns } from './placed-columns.ts'
import { toOpportunity } from './rows.ts'
import type { Tables } from './tables.ts'

/** Behind every day there is. */
const noDate = '9999-99-99'

/** Deals in the server's own store. */
export function localOpportunities(store: Store): Opportunities {
  return {
    async get(id, { tenant }) {
      const row = await placed(store.query<Tables>())
        .where('opportunities.tenant', '=', tenant)
        .where('opportunities.opportunity_id', '=', id)
        .executeTakeFirst()
      return row && toOpportunity(row)
    },

    async list({ customer_id, stage }, page) {
      const day = sql<string>`coalesce(close_date, ${noDate})`
      const rows = await placed(store.query<Tables>())
        .where(rowsWhere(page.rows, placedColumns))
        .where('opportunities.customer_id', '=', customer_id)
        .where('opportunities.stage', 'in', [...stage])
        .$if(page.after !== undefined, (q) => q.where(behind(page.after ?? '')))
        .orderBy(day)
        .orderBy('opportunities.opportunity_id')
        .limit(page.limit + 1)
        .execute()
      return {
        ...pageOf(rows, page.limit, toOpportunity, ({ close_date, opportunity_id }) => [
          close_date ?? noDate,
          opportunity_id,
        ]),
        scoped: true,
      }
    },

    async changeStage(id, { stage, expected_stage, reason, author }, { tenant, effect, current }) {
      expectStage(current, expected_stage)
      return effect.commit(async (transaction) => {
        const db = store.within<Tables>(transaction)
        const moved = await db
          .updateTable('opportunities')
          .set({ stage })
          .where('tenant', '=', tenant)
          .where('opportunity_id', '=', id)
          .where('stage', '=', expected_stage)
          .executeTakeFirstOrThrow()
        // Somebody else was faster, between the read above and this lock.
        if (moved.numUpdatedRows !== 1n) throw changedMeanwhile(id)
        await db
          .insertInto('activities')
          .values({
            tenant,
            activity_id: newId('act'),
            customer_id: current.customer_id,
            type: 'stage_change',
            at: store.now,
            author,
            text: reason,
            opportunity_id: id,
            from_stage: expected_stage,
            to_stage: stage,
          })
          .execute()
        return { ...current, stage }
      })
    },
  }
}

function placed(db: Kysely<Tables>) {
  return db
    .selectFrom('opportunities')
    .innerJoin('customers', (join) =>
      join
        .onRef('customers.tenant', '=', 'opportunities.tenant')
        .onRef('customers.customer_id', '=', 'opportunities.customer_id'),
    )
    .selectAll('opportunities')
    .select(['customers.region', 'customers.owner'])
}

function behind(after: string) {
  const [day, id] = readPosition<[string, string]>(after, ['string', 'string'])
  return sql<boolean>`(coalesce(close_date, ${noDate}), opportunities.opportunity_id) > (${day}, ${id})`
}

function changedMeanwhile(id: string): ToolError {
  return new ToolError('CONFLICT', 'stale', `Opportunity ${id} was moved by somebody else in this moment.`, {
    nextStep: 'Call get_customer_summary, see whether your change still makes sense, and send a new expected_stage.',
  })
}
