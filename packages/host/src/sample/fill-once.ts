import { column, type Migration, type Store } from '@postern/store'
import type { Transaction } from '@postern/tool'

interface Tables {
  postern_samples: { name: string; filled_at: number }
}

/** The table in which `fillOnce` keeps its mark; a server with a sample set lists it among its migrations. */
export const sampleMigration: Migration = {
  component: 'sample',
  number: 1,
  name: 'samples',
  async up(db) {
    await db.schema
      .createTable('postern_samples')
      .addColumn('name', column.text, (c) => c.primaryKey().notNull())
      .addColumn('filled_at', column.bigint, (c) => c.notNull())
      .execute()
  },
}

/**
 * Puts a sample set into a store, whole or not at all. Of several processes that start at once one does it and the
 * others wait. A store that ever held something of its own is left alone, for good.
 *
 * @param isEmpty whether the store holds nothing yet; asked in the transaction that fills it
 */
export async function fillOnce(
  store: Store,
  name: string,
  isEmpty: (transaction: Transaction) => Promise<boolean>,
  fill: (transaction: Transaction) => Promise<void>,
): Promise<void> {
  if (await isMarked(store, name)) return
  await store.transaction(async (transaction) => {
    // The mark comes first: a second process waits here, and then finds it.
    const marked = await store
      .within<Tables>(transaction)
      .insertInto('postern_samples')
      .values({ name, filled_at: store.now })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .returning('name')
      .executeTakeFirst()
    if (marked !== undefined && (await isEmpty(transaction))) await fill(transaction)
  })
}

/** Later starts only read: they need no write lock. */
async function isMarked(store: Store, name: string): Promise<boolean> {
  const mark = await store
    .query<Tables>()
    .selectFrom('postern_samples')
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst()
  return mark !== undefined
}
