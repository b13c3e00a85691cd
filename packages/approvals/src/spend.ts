import { type Store, sql } from '@postern/store'
import type { Transaction } from '@postern/tool'
import { approvalExpired, approvalUsed } from './approval-errors.ts'
import { type ApprovalRow, type ApprovalsSchema, expired } from './approvals-table.ts'

/**
 * Uses an approval up, in the transaction that makes the effect final: one call wins, the effects of all others fail.
 *
 * @param usedBy the key of the effect
 * @throws ToolError PERMISSION_DENIED `approval_used` or `approval_expired`
 */
export async function spend(store: Store, transaction: Transaction, request: ApprovalRow, usedBy: string) {
  const db = store.within<ApprovalsSchema>(transaction)
  const { numUpdatedRows } = await db
    .updateTable('approvals')
    .set({ state: 'used', used_at: store.now, used_by: usedBy })
    .where('id', '=', request.id)
    .where('state', '=', 'approved')
    .where(sql<boolean>`not ${expired(store)}`)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 1n) return
  const row = await db.selectFrom('approvals').select('state').where('id', '=', request.id).executeTakeFirst()
  throw row?.state === 'approved' ? approvalExpired(request) : approvalUsed(request)
}

/**
 * Makes an approval usable again after an effect that certainly did not happen: a vendor that says "too many requests"
 * must not cost a person a second approval. Only what this very effect had spent comes back.
 *
 * Looks first, since a change of the store that is about to be rolled back still holds its locks.
 */
export async function giveBack(store: Store, request: ApprovalRow, usedBy: string): Promise<void> {
  const db = store.query<ApprovalsSchema>()
  const mine = { id: request.id, state: 'used', used_by: usedBy } as const
  const spent = await db
    .selectFrom('approvals')
    .select('id')
    .where((eb) => eb.and(mine))
    .executeTakeFirst()
  if (spent === undefined) return
  await db
    .updateTable('approvals')
    .set({ state: 'approved', used_at: null, used_by: null })
    .where((eb) => eb.and(mine))
    .execute()
}
