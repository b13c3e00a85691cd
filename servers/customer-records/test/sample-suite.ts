import type { Store } from '@postern/store'
import { describe, expect, it } from 'vitest'
import { loadSample } from '../src/backends/local-sample.ts'
import type { Tables } from '../src/backends/tables.ts'
import { sampleSet } from '../src/sample/sample-set.ts'

const tables = ['customers', 'contacts', 'opportunities', 'activities'] as const

/** What has to hold of the sample set in a store of either engine. */
export function sampleSuite(open: (name: string) => Promise<Store>): void {
  const counts = async (store: Store) => {
    const count = async (table: keyof Tables) =>
      Number(
        (
          await store
            .query<Tables>()
            .selectFrom(table)
            .select((build) => build.fn.countAll<number>().as('n'))
            .executeTakeFirstOrThrow()
        ).n,
      )
    return Promise.all(tables.map(count))
  }

  describe('the sample set', () => {
    it('is loaded once, whole, by five that start at the same time', async () => {
      const set = sampleSet()
      const five = await Promise.all(Array.from({ length: 5 }, () => open('sample_five')))
      await Promise.all(five.map(loadSample))
      for (const store of five) expect(await counts(store)).toEqual(tables.map((table) => set[table].length))
      await Promise.all(five.map((store) => store.close()))
    })

    it('is not loaded again by a later start, whatever became of it', async () => {
      const store = await open('sample_later')
      await loadSample(store)
      await store.query<Tables>().deleteFrom('customers').execute()
      const left = await counts(store)
      await loadSample(store)
      expect(await counts(store)).toEqual(left)
      await store.close()
    })

    it('is never loaded into a store that holds something', async () => {
      const store = await open('sample_never')
      const [mine] = sampleSet().customers
      if (mine === undefined) throw new Error('the sample set is empty')
      await store
        .query<Tables>()
        .insertInto('customers')
        .values({ ...mine, tenant: 'mine' })
        .execute()
      await loadSample(store)
      await loadSample(store)
      expect(await counts(store)).toEqual([1, 0, 0, 0])
      await store.close()
    })
  })
}
