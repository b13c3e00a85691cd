import type { Migration } from '@postern/store'

/** The tables of the sink `postgres`, one set in the schema of each server. */
export interface AuditSchema {
  postern_audit_chain: {
    chain: string
    slot: number
    seq: number
    hash: string
    /** The process that writes to the chain, until `lease_until` (milliseconds since the epoch, the database's clock). */
    holder: string
    lease_until: number
  }
  postern_audit_record: { chain: string; seq: number; at: number; line: string }
  postern_audit_checkpoint: { id: string; writer: string; at: number; line: string }
  postern_audit_key: { id: string; pem: string }
}

/**
 * Steps of the store that the sink and the checkpoint place `postgres` need. On an embedded store they do nothing: its
 * audit log is in files.
 */
export const auditMigrations: readonly Migration[] = [
  {
    component: 'audit',
    number: 1,
    name: 'chains, records, checkpoints, keys',
    async up(db, engine) {
      if (engine !== 'postgres') return
      await db.schema
        .createTable('postern_audit_chain')
        .addColumn('chain', 'text', (chain) => chain.primaryKey())
        .addColumn('slot', 'bigint', (slot) => slot.notNull().unique())
        .addColumn('seq', 'bigint', (seq) => seq.notNull())
        .addColumn('hash', 'text', (hash) => hash.notNull())
        .addColumn('holder', 'text', (holder) => holder.notNull())
        .addColumn('lease_until', 'bigint', (until) => until.notNull())
        .execute()
      await db.schema
        .createTable('postern_audit_record')
        .addColumn('chain', 'text', (chain) => chain.notNull())
        .addColumn('seq', 'bigint', (seq) => seq.notNull())
        .addColumn('at', 'bigint', (at) => at.notNull())
        .addColumn('line', 'text', (line) => line.notNull())
        .addPrimaryKeyConstraint('postern_audit_record_key', ['chain', 'seq'])
        .execute()
      await db.schema
        .createTable('postern_audit_checkpoint')
        .addColumn('id', 'text', (id) => id.primaryKey())
        .addColumn('writer', 'text', (writer) => writer.notNull())
        .addColumn('at', 'bigint', (at) => at.notNull())
        .addColumn('line', 'text', (line) => line.notNull())
        .execute()
      await db.schema
        .createTable('postern_audit_key')
        .addColumn('id', 'text', (id) => id.primaryKey())
        .addColumn('pem', 'text', (pem) => pem.notNull())
        .execute()
    },
  },
  {
    component: 'audit',
    number: 2,
    name: 'the newest checkpoint of a writer',
    async up(db, engine) {
      if (engine !== 'postgres') return
      await db.schema
        .createIndex('postern_audit_checkpoint_writer')
        .on('postern_audit_checkpoint')
        .columns(['writer', 'at'])
        .execute()
    },
  },
]
