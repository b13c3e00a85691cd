import type { Store } from '@postern/store'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadSample } from '../../src/backends/local-sample.ts'
import { storedDrafts } from '../../src/backends/stored-drafts.ts'
import type { Tables } from '../../src/backends/tables.ts'
import { sampleSet } from '../../src/sample/sample-set.ts'
import { effectOn } from '../effect-on.ts'

/** What has to hold of the sample set in a store of either engine. */
export function sampleSuite(open: (name: string) => Promise<Store>): void {
  let store: Store
  beforeAll(async () => {
    store = await open('sample')
  })
  afterAll(() => store.close())
  beforeEach(async () => {
    for (const table of ['sample_loads', 'projects', 'templates', 'tickets', 'drafts'] as const)
      await store.query<Tables>().deleteFrom(table).execute()
  })

  const counts = async () => {
    const db = store.query<Tables>()
    const count = async (table: 'projects' | 'tickets' | 'templates') =>
      Number(
        (
          await db
            .selectFrom(table)
            .select((build) => build.fn.countAll<number>().as('n'))
            .executeTakeFirstOrThrow()
        ).n,
      )
    return { projects: await count('projects'), tickets: await count('tickets'), templates: await count('templates') }
  }
  const whole = { projects: 6, tickets: sampleSet().tickets.length, templates: 18 }

  describe('the sample set', () => {
    it('is loaded once, whole, by five that start at the same time', async () => {
      const five = await Promise.all(Array.from({ length: 5 }, () => open('sample')))
      await Promise.all(five.map(loadSample))
      expect(await counts()).toEqual(whole)
      await Promise.all(five.map((one) => one.close()))
    })

    it('is not loaded again by a later start, whatever became of it', async () => {
      await loadSample(store)
      await store.query<Tables>().deleteFrom('tickets').where('project_key', '=', 'OPS').execute()
      const left = await counts()
      await loadSample(store)
      expect(await counts()).toEqual(left)
    })

    it('is never loaded into a store that holds something', async () => {
      await store
        .query<Tables>()
        .insertInto('projects')
        .values({ tenant: 'mine', project_key: 'ABC', next_number: 1, rules: '{}' })
        .execute()
      await loadSample(store)
      await loadSample(store)
      expect(await counts()).toEqual({ projects: 1, tickets: 0, templates: 0 })
    })

    it('gives new tickets the next numbers', async () => {
      await loadSample(store)
      const rows = await store
        .query<Tables>()
        .selectFrom('projects')
        .innerJoin('tickets', (join) =>
          join
            .onRef('tickets.tenant', '=', 'projects.tenant')
            .onRef('tickets.project_key', '=', 'projects.project_key'),
        )
        .select(['projects.next_number'])
        .select((build) => build.fn.max('tickets.number').as('last'))
        .groupBy(['projects.tenant', 'projects.project_key', 'projects.next_number'])
        .execute()
      expect(rows).toHaveLength(6)
      for (const { next_number, last } of rows) expect(next_number).toBe(Number(last) + 1)
    })
  })

  describe('expired drafts', () => {
    it('go, one for each new one', async () => {
      const drafts = storedDrafts(store)
      const create = () =>
        drafts.create(
          { project_key: 'OPS', title: '', description: '', labels: [], acceptance_criteria: [] },
          {
            tenant: 'acme',
            subject: 'urn:test\u0000kim',
            signal: new AbortController().signal,
            effect: effectOn(store, 'k'),
          },
        )
      await Promise.all([create(), create(), create()])
      await store.query<Tables>().updateTable('drafts').set({ expires_at: 1 }).execute()
      await Promise.all([create(), create()])
      const left = await store.query<Tables>().selectFrom('drafts').select('expires_at').orderBy('expires_at').execute()
      expect(left.map(({ expires_at }) => expires_at === 1)).toEqual([true, false, false])
    })
  })
}
