import type { Store } from '@postern/store'
import type { Call, Reply } from '@postern/tool'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ada, endLeases, logNote } from '../test/notes-server.ts'
import { engines } from '../test/place.ts'
import { stores } from '../test/stores.ts'
import type { Schema } from './claim-table.ts'
import { Claims, type Held, takeOver } from './claims.ts'
import { takeAbandoned } from './take-abandoned.ts'
import { takeClaim } from './take-claim.ts'

const reply: Reply = { text: '{"status":"ok"}', isError: false, data: { status: 'ok' } }
const leaseMs = 30_000

describe.each(engines)('Claims (%s)', (engine) => {
  const places = stores(engine)
  let store: Store
  let claims: Claims
  beforeAll(async () => {
    store = (await places.open()).store
    claims = new Claims(store)
  })
  beforeEach(async () => void (await store.query<Schema>().deleteFrom('idempotency_claims').execute()))

  const take = (requestId: string) =>
    takeClaim(
      { store, space: { environment: 'development', server: 'notes' }, leaseMs, takenOver: async () => {} },
      {
        target: logNote,
        principal: ada,
        input: { text: 'x', idempotency_key: 'key-for-claims-test' },
        requestId,
        signal: new AbortController().signal,
        client: { transport: 'internal', era: 'internal' },
        notes: {},
      } satisfies Call,
      'key-for-claims-test',
    )
  async function held(): Promise<Held> {
    const taken = await take('first')
    if (taken.kind !== 'held') throw new Error(taken.kind)
    return taken.held
  }
  const row = (it: Held) => claims.read(it.id)

  /** Every step a holder can take, from the state it can be taken in. */
  const steps: Record<string, { from: 'claimed' | 'sent'; take: (it: Held) => Promise<boolean> }> = {
    renew: { from: 'claimed', take: (it) => claims.renew(it, leaseMs) },
    markSent: { from: 'claimed', take: (it) => store.transaction((t) => claims.markSent(it, leaseMs, 'none', t)) },
    lock: { from: 'claimed', take: (it) => store.transaction((t) => claims.lock(it, leaseMs, t)) },
    'finish a claim': { from: 'claimed', take: (it) => claims.finish(it, { outcome: 'unchanged', reply, notes: {} }) },
    'release a claim': { from: 'claimed', take: (it) => claims.release(it) },
    finish: { from: 'sent', take: (it) => claims.finish(it, { outcome: 'executed', reply, notes: {} }) },
    'finish as unknown': { from: 'sent', take: (it) => claims.finish(it, { outcome: 'unknown', reply, notes: {} }) },
    release: { from: 'sent', take: (it) => claims.release(it) },
    handOver: { from: 'sent', take: (it) => claims.handOver(it, 0, { attempt: true }) },
    markSentAgain: { from: 'sent', take: (it) => claims.markSentAgain(it, leaseMs) },
  }
  const reach = async (from: 'claimed' | 'sent') => {
    const it = await held()
    if (from === 'sent') await store.transaction((transaction) => claims.markSent(it, leaseMs, 'none', transaction))
    return it
  }

  describe.each(Object.entries(steps))('%s', (name, step) => {
    it('is for the holder', async () => {
      expect(await step.take(await reach(step.from))).toBe(true)
    })

    it('is not for one whose claim was taken over, and changes nothing', async () => {
      const old = await reach(step.from)
      await endLeases(store)
      const now = await takeAbandoned(store, leaseMs)
      expect(now).toMatchObject({ id: old.id, fence: old.fence + 1 })
      const { now: _, ...before } = (await row(old)) ?? {}
      expect(await step.take(old)).toBe(false)
      expect(await row(old)).toMatchObject(before)
      expect(await step.take({ id: old.id, fence: old.fence + 1 })).toBe(true)
    })

    it('is not for a finished write', async () => {
      const it = await reach(step.from)
      await claims.finish(it, { outcome: 'executed', reply, notes: {} })
      expect(await step.take(it)).toBe(false)
      expect(await row(it)).toMatchObject({ state: 'done' })
    })

    if (name === 'markSent' || name === 'lock')
      it('is not for a lease that has ended, even where nobody has taken over yet', async () => {
        const it = await reach(step.from)
        await endLeases(store)
        expect(await step.take(it)).toBe(false)
      })
    if (step.from === 'sent' && (name === 'handOver' || name === 'markSentAgain'))
      it('is not for a claim that was not sent', async () => {
        expect(await step.take(await held())).toBe(false)
      })
  })

  it('lets nobody take over what has a lease, nor twice what has none', async () => {
    const it = await held()
    const db = store.query<Schema>()
    expect(await takeOver(store, db, it, leaseMs)).toBeUndefined()
    await endLeases(store)
    expect(await takeOver(store, db, it, leaseMs)).toMatchObject({ fence: 2 })
    await endLeases(store)
    expect(await takeOver(store, db, it, leaseMs)).toBeUndefined()
  })

  it('makes a claim that is taken over that of the new call', async () => {
    const it = await held()
    await endLeases(store)
    expect(await take('second')).toMatchObject({ kind: 'held', held: { id: it.id, fence: 2 } })
    expect(await row(it)).toMatchObject({ request_id: 'second', state: 'claimed' })
  })
})
