import type { Kysely, Store } from '@postern/store'
import type { Schema } from './claim-table.ts'
import { type ClaimAt, claimsAt, takeOver } from './claims.ts'

/** Takes over the claim whose lease ended longest ago, if there is one. Any number of processes may look at once. */
export async function takeAbandoned(store: Store, leaseMs: number): Promise<ClaimAt | undefined> {
  // A look takes no lock and writes nothing, and most looks find nothing.
  if ((await oldest(store).executeTakeFirst()) === undefined) return undefined
  return store.transaction(async (transaction) => {
    const db = store.within<Schema>(transaction)
    const query = oldest(store, db)
    const row = await (store.engine === 'postgres' ? query.forUpdate().skipLocked() : query).executeTakeFirst()
    const held = row && (await takeOver(store, db, row, leaseMs))
    return row && held && { ...row, ...held }
  })
}

/** Deletes finished claims past their retention, at most `rowsMax`; returns how many. */
export async function sweepClaims(store: Store, rowsMax: number): Promise<number> {
  const { numDeletedRows } = await store
    .query<Schema>()
    .deleteFrom('idempotency_claims')
    .where('id', 'in', (claims) => {
      const expired = claims
        .selectFrom('idempotency_claims')
        .select('id')
        .where('expires_at', '<', store.now)
        .limit(rowsMax)
      return store.engine === 'postgres' ? expired.forUpdate().skipLocked() : expired
    })
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

function oldest(store: Store, db?: Kysely<Schema>) {
  return claimsAt(store, db)
    .where('state', 'in', ['claimed', 'sent'])
    .where('lease_until', '<', store.now)
    .orderBy('lease_until')
    .limit(1)
}
