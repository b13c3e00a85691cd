import { column, type Migration, type Selectable, type Store, sql } from '@postern/store'

/** `expired` is never stored: the database's clock says so. */
type StoredState = 'pending' | 'approved' | 'denied' | 'used'
export type ApprovalState = StoredState | 'expired'

interface ApprovalsTable {
  id: string
  /** What the approval is for, as one hash: two calls with the same binding are the same intended effect. */
  binding: string
  environment: string
  server: string
  tenant: string
  issuer: string
  subject: string
  actor: string | null
  tool: string
  title: string
  summary: string
  digest: string
  /** JSON array of role names. */
  approvers: string
  /** JSON object: the row attributes of what would be written, without `tenant`; null where the server does not say. */
  attributes: string | null
  self: number
  services: number
  state: StoredState
  requested_at: number
  expires_at: number
  decided_at: number | null
  decided_by_issuer: string | null
  decided_by_subject: string | null
  decided_through: 'client' | 'desk' | null
  because: string | null
  used_at: number | null
  /** `Effect.key` of the write that spent it. */
  used_by: string | null
}
export interface ApprovalsSchema {
  approvals: ApprovalsTable
}
/** A row with the state it has now. */
export type ApprovalRow = Selectable<ApprovalsTable> & { readonly status: ApprovalState }

/** The tables of this package, for the store of a server that has approval rules. */
export const approvalsMigrations: readonly Migration[] = [
  {
    component: 'approvals',
    number: 1,
    name: 'approvals',
    async up(db) {
      await db.schema
        .createTable('approvals')
        .addColumn('id', column.text, (c) => c.primaryKey())
        .addColumn('binding', column.text, (c) => c.notNull().unique())
        .addColumn('environment', column.text, (c) => c.notNull())
        .addColumn('server', column.text, (c) => c.notNull())
        .addColumn('tenant', column.text, (c) => c.notNull())
        .addColumn('issuer', column.text, (c) => c.notNull())
        .addColumn('subject', column.text, (c) => c.notNull())
        .addColumn('actor', column.text)
        .addColumn('tool', column.text, (c) => c.notNull())
        .addColumn('title', column.text, (c) => c.notNull())
        .addColumn('summary', column.text, (c) => c.notNull())
        .addColumn('digest', column.text, (c) => c.notNull())
        .addColumn('approvers', column.text, (c) => c.notNull())
        .addColumn('self', column.boolean, (c) => c.notNull())
        .addColumn('services', column.boolean, (c) => c.notNull())
        .addColumn('state', column.text, (c) => c.notNull())
        .addColumn('requested_at', column.bigint, (c) => c.notNull())
        .addColumn('expires_at', column.bigint, (c) => c.notNull())
        .addColumn('decided_at', column.bigint)
        .addColumn('decided_by_issuer', column.text)
        .addColumn('decided_by_subject', column.text)
        .addColumn('decided_through', column.text)
        .addColumn('because', column.text)
        .addColumn('used_at', column.bigint)
        .addColumn('used_by', column.text)
        .execute()
      const index = (name: string) => db.schema.createIndex(`approvals_${name}`).on('approvals')
      await index('list').columns(['tenant', 'requested_at', 'id']).execute()
      await index('approvers').columns(['tenant', 'approvers']).execute()
      await index('requester').columns(['tenant', 'subject', 'state']).execute()
      await index('expiry').column('expires_at').execute()
    },
  },
  {
    component: 'approvals',
    number: 2,
    name: 'attributes',
    async up(db) {
      await db.schema.alterTable('approvals').addColumn('attributes', column.text).execute()
    },
  },
]

/** A condition and a value of its own: what can still be decided or used is not after its time. */
export function expired(store: Store) {
  return sql<boolean>`(state in ('pending', 'approved') and expires_at <= ${store.now})`
}

/** Rows with their state as of now. */
export function approvalRows(store: Store) {
  const status = sql<ApprovalState>`case when ${expired(store)} then 'expired' else state end`
  return store.query<ApprovalsSchema>().selectFrom('approvals').selectAll().select(status.as('status'))
}
