import { column, type Migration, type Store } from '@postern/store'
import type { CredentialUses } from './uses.ts'

interface Schema {
  credential_uses: { credential: string; which: 'current' | 'next'; credential_id: string; used_at: number }
}

/** The table of this package. It holds ids of credentials and times, nothing else. */
export const credentialsMigrations: readonly Migration[] = [
  {
    component: 'credentials',
    number: 1,
    name: 'credential_uses',
    async up(db) {
      await db.schema
        .createTable('credential_uses')
        .addColumn('credential', column.text, (c) => c.notNull())
        .addColumn('which', column.text, (c) => c.notNull())
        .addColumn('credential_id', column.text, (c) => c.notNull())
        .addColumn('used_at', column.bigint, (c) => c.notNull())
        .addPrimaryKeyConstraint('credential_uses_key', ['credential', 'which'])
        .execute()
    },
  },
]

/** Times of last use in the store of a server, for all its processes and for `postern secrets status`. */
export function storedUses(store: Store): CredentialUses {
  const db = store.query<Schema>()
  return {
    async load() {
      const rows = await db.selectFrom('credential_uses').selectAll().execute()
      return rows.map((row) => ({
        credential: row.credential,
        which: row.which,
        id: row.credential_id,
        usedAt: row.used_at,
      }))
    },
    async save(uses) {
      for (const { credential, which, id, usedAt } of uses)
        await db
          .insertInto('credential_uses')
          .values({ credential, which, credential_id: id, used_at: usedAt })
          .onConflict((on) =>
            on
              .columns(['credential', 'which'])
              .doUpdateSet({ credential_id: id, used_at: usedAt })
              // Processes write in any order.
              .where('credential_uses.used_at', '<', usedAt),
          )
          .execute()
    },
  }
}
