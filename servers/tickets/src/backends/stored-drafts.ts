import { randomBytes } from 'node:crypto'
import { ToolError } from '@postern/errors'
import type { Store } from '@postern/store'
import type { Transaction } from '@postern/tool'
import { type Draft, draftUsed } from '../domain/draft.ts'
import type { Proposal } from '../domain/proposal.ts'
import type { Drafts } from '../domain/ticket-ports.ts'
import type { DraftRow, Tables } from './tables.ts'

const lifetimeMs = 24 * 60 * 60 * 1000
const idBytes = 16

/** Drafts in the server's own store, for every backend. The database's clock decides when one has expired. */
export function storedDrafts(store: Store): Drafts {
  return {
    async get(id, { tenant, subject }) {
      const row = await store
        .query<Tables>()
        .selectFrom('drafts')
        .selectAll()
        .where('draft_id', '=', id)
        .where('tenant', '=', tenant)
        .where('owner', '=', stored(subject))
        .where('expires_at', '>', store.now)
        .executeTakeFirst()
      return row && toDraft(row)
    },

    create: (proposal, { tenant, subject, effect }) =>
      effect.commit(async (transaction) => {
        const db = store.within<Tables>(transaction)
        // Each new draft takes an expired one away, so that the table stays as small as a day's work.
        const expired = db
          .selectFrom('drafts')
          .select('draft_id')
          .where('expires_at', '<=', store.now)
          .orderBy('expires_at')
        await db.deleteFrom('drafts').where('draft_id', 'in', expired.limit(1).forUpdate().skipLocked()).execute()
        const row = await db
          .insertInto('drafts')
          .values(({ eb }) => ({
            draft_id: `draft_${randomBytes(idBytes).toString('base64url')}`,
            tenant,
            owner: stored(subject),
            project_key: proposal.project_key,
            proposal: JSON.stringify(proposal),
            expires_at: eb(store.now, '+', lifetimeMs),
            used_by: null,
          }))
          .returningAll()
          .executeTakeFirstOrThrow()
        return toDraft(row)
      }),
  }
}

/**
 * Marks a draft as used by the write `key`, inside the transaction that makes that write final. The same key may come
 * again: that is the write recovering.
 *
 * @throws ToolError CONFLICT/draft_used, NOT_FOUND when it has expired or belongs to another caller
 */
export async function spendDraft(
  store: Store,
  transaction: Transaction,
  draft: { readonly draft_id: string; readonly tenant: string; readonly owner: string; readonly key: string },
): Promise<void> {
  const db = store.within<Tables>(transaction)
  const spent = await db
    .updateTable('drafts')
    .set({ used_by: draft.key })
    .where('draft_id', '=', draft.draft_id)
    .where('tenant', '=', draft.tenant)
    .where('owner', '=', stored(draft.owner))
    .where('expires_at', '>', store.now)
    .where((build) => build.or([build('used_by', 'is', null), build('used_by', '=', draft.key)]))
    .returning('draft_id')
    .executeTakeFirst()
  if (spent !== undefined) return
  const used = await db
    .selectFrom('drafts')
    .select('draft_id')
    .where('draft_id', '=', draft.draft_id)
    .where('tenant', '=', draft.tenant)
    .where('owner', '=', stored(draft.owner))
    .where('used_by', 'is not', null)
    .executeTakeFirst()
  throw used === undefined
    ? new ToolError('NOT_FOUND', 'absent', 'There is no such draft, or you may not see it.')
    : draftUsed()
}

/** A caller's id holds U+0000, which no text column takes; as JSON it is spelt out. */
function stored(owner: string): string {
  return JSON.stringify(owner)
}

function toDraft(row: DraftRow): Draft {
  return {
    ...(JSON.parse(row.proposal) as Proposal),
    tenant: row.tenant,
    owner: JSON.parse(row.owner) as string,
    draft_id: row.draft_id,
    expires_at: new Date(row.expires_at).toISOString(),
    used_by: row.used_by ?? undefined,
  }
}
