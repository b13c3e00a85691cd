import { column, type Migration, openStore, type Store, storeSection } from '@postern/store'
import { idempotencyMigrations } from '../src/claim-table.ts'

export const engines = ['sqlite', 'postgres'] as const
export type EngineName = (typeof engines)[number]

const notesMigration: Migration = {
  component: 'notes',
  number: 1,
  name: 'notes',
  async up(db) {
    await db.schema
      .createTable('notes')
      .addColumn('id', column.text, (id) => id.primaryKey())
      .addColumn('text', column.text, (text) => text.notNull())
      .execute()
  },
}

/** Where a store is, in words that another process understands. */
export interface Place {
  readonly engine: EngineName
  readonly url: string
  readonly server: string
  readonly directory: string
}

export function openPlace({ engine, url, server, directory }: Place, more: object = {}): Promise<Store> {
  return openStore({
    config: storeSection.parse(
      engine === 'sqlite' ? { kind: 'sqlite' } : { kind: 'postgres', url: 'env:UNUSED', tls: 'off', ...more },
    ),
    url: async () => url,
    server,
    environment: 'development',
    dataDirectory: directory,
    migrations: [...idempotencyMigrations, notesMigration],
  })
}
