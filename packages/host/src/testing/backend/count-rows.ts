import type { Store } from '@postern/store'

/** How many rows each of these tables has. */
export async function countRows(store: Store, tables: readonly string[]): Promise<Record<string, number>> {
  const count = async (table: string) => {
    const { n } = await store
      .query<Record<string, object>>()
      .selectFrom(table)
      .select((build) => build.fn.countAll().as('n'))
      .executeTakeFirstOrThrow()
    return [table, Number(n)] as const
  }
  return Object.fromEntries(await Promise.all(tables.map(count)))
}
