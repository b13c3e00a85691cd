import { randomBytes } from 'node:crypto'
import { column } from './column.ts'
import type { Migration } from './migration.ts'
import type { Store } from './store.ts'

interface Schema {
  postern_secrets: { name: string; value: Uint8Array }
}

export const secretsMigration: Migration = {
  component: 'store',
  number: 1,
  name: 'secrets',
  async up(db) {
    await db.schema
      .createTable('postern_secrets')
      .addColumn('name', column.text, (name) => name.primaryKey())
      .addColumn('value', column.blob, (value) => value.notNull())
      .execute()
  },
}

/** The first process to ask creates the secret; all others, however close behind, read that one. */
export function secrets(store: Pick<Store, 'query'>): (name: string, bytes: number) => Promise<Buffer> {
  const known = new Map<string, Promise<Buffer>>()

  const stored = async (name: string) => {
    const db = store.query<Schema>()
    const row = await db.selectFrom('postern_secrets').select('value').where('name', '=', name).executeTakeFirst()
    return row && Buffer.from(row.value)
  }
  const create = async (name: string, bytes: number) => {
    const db = store.query<Schema>()
    const value = randomBytes(bytes)
    await db
      .insertInto('postern_secrets')
      .values({ name, value })
      .onConflict((on) => on.doNothing())
      .execute()
    return (await stored(name)) ?? value
  }

  return async (name, bytes) => {
    let value = known.get(name)
    if (value === undefined) {
      value = stored(name).then((found) => found ?? create(name, bytes))
      known.set(name, value)
      value.catch(() => known.delete(name))
    }
    const secret = await value
    if (secret.length !== bytes) throw new Error(`the secret ${name} has ${secret.length} bytes, not ${bytes}`)
    return Buffer.from(secret)
  }
}
