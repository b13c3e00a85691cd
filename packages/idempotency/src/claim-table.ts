import { column, type Migration, sql } from '@postern/store'

/**
 * - `claimed`: a call holds the key; nothing has left and nothing was changed.
 * - `sent`: a request may have left; what became of it is not recorded yet.
 * - `done`: finished; the stored answer is replayed.
 * - `unknown`: nobody can tell; kept until an operator settles it.
 */
export type ClaimState = 'claimed' | 'sent' | 'done' | 'unknown'

/** What became of a write. `unchanged`: it succeeded without anything to change. */
export type Outcome = 'executed' | 'unchanged' | 'refused' | 'unknown'

/** Who can end a write beside its own call. */
export type EndedBy = 'recovery' | 'operator'

/** One row per key. Times are milliseconds since the epoch by the database's clock. */
export interface ClaimRow {
  id: string
  key_hash: string
  fingerprint: string
  state: ClaimState
  /** Raised by every takeover: who holds an older number can change nothing. */
  fence: number
  lease_until: number
  /** The recovery class, known once something was sent. */
  recovery: string | null
  /** Recoveries that came to nothing, and searches that found nothing. */
  attempts: number
  misses: number
  tool: string
  version: string
  tenant: string
  issuer: string
  subject: string
  /** Canonical JSON, for recovery; dropped when the write is done. */
  principal: string | null
  arguments: string | null
  /** Row attributes of the record and the fields masked in the answer (JSON), for the check of a replay. */
  record: string | null
  masked: string | null
  outcome: Outcome | null
  /** The bytes that were sent, never `jsonb`, which would reorder them. Absent when they were too many. */
  reply: string | null
  reply_hash: string | null
  /** Of an error; null for a success. */
  code: string | null
  /** What an operator wrote, or why the outcome is unknown. Never shown to a caller. */
  note: string | null
  request_id: string
  created_at: number
  sent_at: number | null
  finished_at: number | null
  expires_at: number | null
  /** Who ended it in the place of its call, and has told so; null where the call did. */
  ended_by: EndedBy | null
}

export interface Schema {
  idempotency_claims: ClaimRow
}

export const idempotencyMigrations: readonly Migration[] = [
  {
    component: 'idempotency',
    number: 1,
    name: 'claims',
    async up(db) {
      await db.schema
        .createTable('idempotency_claims')
        .addColumn('id', column.text, (c) => c.primaryKey())
        .addColumn('key_hash', column.text, (c) => c.notNull().unique())
        .addColumn('fingerprint', column.text, (c) => c.notNull())
        .addColumn('state', column.text, (c) => c.notNull())
        .addColumn('fence', column.bigint, (c) => c.notNull())
        .addColumn('lease_until', column.bigint, (c) => c.notNull())
        .addColumn('recovery', column.text)
        .addColumn('attempts', column.bigint, (c) => c.notNull().defaultTo(0))
        .addColumn('misses', column.bigint, (c) => c.notNull().defaultTo(0))
        .addColumn('tool', column.text, (c) => c.notNull())
        .addColumn('version', column.text, (c) => c.notNull())
        .addColumn('tenant', column.text, (c) => c.notNull())
        .addColumn('issuer', column.text, (c) => c.notNull())
        .addColumn('subject', column.text, (c) => c.notNull())
        .addColumn('principal', column.text)
        .addColumn('arguments', column.text)
        .addColumn('record', column.text)
        .addColumn('masked', column.text)
        .addColumn('outcome', column.text)
        .addColumn('reply', column.text)
        .addColumn('reply_hash', column.text)
        .addColumn('code', column.text)
        .addColumn('note', column.text)
        .addColumn('request_id', column.text, (c) => c.notNull())
        .addColumn('created_at', column.bigint, (c) => c.notNull())
        .addColumn('sent_at', column.bigint)
        .addColumn('finished_at', column.bigint)
        .addColumn('expires_at', column.bigint)
        .execute()
      // Few rows are open at a time; the completer looks for them every other second.
      await db.schema
        .createIndex('idempotency_claims_open')
        .on('idempotency_claims')
        .column('lease_until')
        .where(sql<boolean>`state in ('claimed', 'sent')`)
        .execute()
      await db.schema
        .createIndex('idempotency_claims_expiry')
        .on('idempotency_claims')
        .column('expires_at')
        .where(sql<boolean>`expires_at is not null`)
        .execute()
    },
  },
  {
    component: 'idempotency',
    number: 2,
    name: 'who ended a write',
    async up(db) {
      await db.schema.alterTable('idempotency_claims').addColumn('ended_by', column.text).execute()
    },
  },
]
