import { type OpenStore, openSampled } from '@postern/host/testing/backend'
import { expect, it } from 'vitest'
import { backend } from '../../src/backends/index.ts'
import type { Tables } from '../../src/backends/tables.ts'

/** What has to hold of numbers beside a sample set. */
export function numbersSuite(open: OpenStore): void {
  it('gives new tickets the numbers behind the sample set', async () => {
    const store = await open('numbers')
    await openSampled(backend, store)
    const rows = await store
      .query<Tables>()
      .selectFrom('projects')
      .innerJoin('tickets', (join) =>
        join.onRef('tickets.tenant', '=', 'projects.tenant').onRef('tickets.project_key', '=', 'projects.project_key'),
      )
      .select(['projects.next_number'])
      .select((build) => build.fn.max('tickets.number').as('last'))
      .groupBy(['projects.tenant', 'projects.project_key', 'projects.next_number'])
      .execute()
    expect(rows).toHaveLength(6)
    for (const { next_number, last } of rows) expect(next_number).toBe(Number(last) + 1)
    await store.close()
  })
}
