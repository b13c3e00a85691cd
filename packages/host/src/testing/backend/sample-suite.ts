import type { Store } from '@postern/store'
import { describe, expect, it } from 'vitest'
import type { BackendDefinition } from '../../server-definition.ts'
import { countRows } from './count-rows.ts'
import type { OpenStore } from './on-every-engine.ts'
import { openSampled } from './open-sampled.ts'

export interface Sample {
  /** How many rows of each table the sample set has. */
  readonly rows: Readonly<Record<string, number>>
  /** A row that makes a store hold something of its own. */
  readonly own: { readonly table: string; readonly row: Readonly<Record<string, unknown>> }
}

/** What has to hold of a sample set in a store of either engine. */
export function sampleSuite<Config, Ports>(
  backend: BackendDefinition<Config, Ports>,
  { rows, own }: Sample,
  open: OpenStore,
): void {
  const tables = Object.keys(rows)
  const none = Object.fromEntries(tables.map((table) => [table, 0]))
  const load = (store: Store) => openSampled(backend, store)
  const db = (store: Store) => store.query<Record<string, Record<string, unknown>>>()

  describe('the sample set', () => {
    it('is loaded once, whole, by five that start at the same time', async () => {
      const five = await Promise.all(Array.from({ length: 5 }, () => open('sample_five')))
      await Promise.all(five.map(load))
      for (const store of five) expect(await countRows(store, tables)).toEqual(rows)
      await Promise.all(five.map((store) => store.close()))
    })

    it('is not loaded again by a later start, whatever became of it', async () => {
      const store = await open('sample_later')
      await load(store)
      for (const table of tables) await db(store).deleteFrom(table).execute()
      await load(store)
      expect(await countRows(store, tables)).toEqual(none)
      await store.close()
    })

    it('is never loaded into a store that holds something', async () => {
      const store = await open('sample_never')
      await db(store).insertInto(own.table).values(own.row).execute()
      await load(store)
      await db(store).deleteFrom(own.table).execute()
      await load(store)
      expect(await countRows(store, tables)).toEqual(none)
      await store.close()
    })
  })
}
