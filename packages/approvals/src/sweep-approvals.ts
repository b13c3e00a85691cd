import { sql } from '@postern/store'
import type { ApprovalDesk } from './approval-desk.ts'
import type { ApprovalsSchema } from './approvals-table.ts'

const batchRows = 200
const keepMsDefault = 30 * 24 * 60 * 60 * 1000

/**
 * Deletes requests that expired longer than `keepMs` (default 30 days) ago, whatever became of them, in batches small
 * enough to hold nobody up. The audit trail keeps what happened.
 *
 * @returns how many rows are gone
 */
export async function sweepApprovals(
  { store }: Pick<ApprovalDesk, 'store'>,
  { keepMs = keepMsDefault, signal }: { readonly keepMs?: number; readonly signal?: AbortSignal } = {},
): Promise<number> {
  const db = store.query<ApprovalsSchema>()
  for (let total = 0; ; ) {
    const old = db
      .selectFrom('approvals')
      .select('id')
      .where('expires_at', '<', sql<number>`${store.now} - ${keepMs}`)
      .orderBy('expires_at')
      .limit(batchRows)
    const { numDeletedRows } = await db.deleteFrom('approvals').where('id', 'in', old).executeTakeFirstOrThrow()
    total += Number(numDeletedRows)
    if (numDeletedRows < BigInt(batchRows) || signal?.aborted) return total
  }
}
