import { effectOn, type OpenStore } from '@postern/host/testing/backend'
import { expect, it } from 'vitest'
import { storedDrafts } from '../../src/backends/stored-drafts.ts'
import type { Tables } from '../../src/backends/tables.ts'

/** What has to hold of the table of drafts on either engine. */
export function expirySuite(open: OpenStore): void {
  it('takes expired drafts away, one for each new one', async () => {
    const store = await open('expiry')
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
    await store.close()
  })
}
