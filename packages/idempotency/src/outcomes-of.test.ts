import { randomUUID } from 'node:crypto'
import type { Store } from '@postern/store'
import type { Call, Reply } from '@postern/tool'
import { beforeAll, describe, expect, it } from 'vitest'
import { ada, logNote } from '../test/notes-server.ts'
import { engines } from '../test/place.ts'
import { stores } from '../test/stores.ts'
import { Claims, type Held } from './claims.ts'
import { outcomesOf } from './outcomes-of.ts'
import { takeClaim } from './take-claim.ts'

const reply: Reply = { text: '{"status":"ok"}', isError: false, data: { status: 'ok' } }
const now = () => new Date().toISOString()
const day = 24 * 60 * 60 * 1000

describe.each(engines)('what became of a write whose call is gone (%s)', (engine) => {
  const places = stores(engine)
  let store: Store
  let claims: Claims
  let mark = ''
  beforeAll(async () => {
    store = (await places.open()).store
    claims = new Claims(store)
  })

  async function held(): Promise<{ claim: Held; request: string }> {
    const request = randomUUID()
    const key = `key-${request}`
    const call: Call = {
      target: logNote,
      principal: ada,
      input: { text: 'x', idempotency_key: key },
      requestId: request,
      signal: new AbortController().signal,
      client: { transport: 'internal', era: 'internal' },
      notes: {},
    }
    const space = { environment: 'development', server: 'notes' }
    const taken = await takeClaim({ store, space, leaseMs: 30_000, takenOver: async () => {} }, call, key)
    if (taken.kind !== 'held') throw new Error(taken.kind)
    expect(call.notes.claim?.id).toBe(taken.held.id)
    mark = call.notes.claim?.store ?? ''
    return { claim: taken.held, request }
  }
  const ask = async ({ claim, request }: { claim: { id: string }; request: string }, time = now()) =>
    (await outcomesOf(store, [{ claim: { id: claim.id, store: mark }, request, time }]))[0]
  async function ended(outcome: 'executed' | 'unchanged' | 'refused' | 'unknown') {
    const write = await held()
    await claims.finish(write.claim, { outcome, reply, notes: {} })
    return write
  }

  it('is what its claim says', async () => {
    expect(await ask(await ended('executed'))).toBe('executed')
    expect(await ask(await ended('refused'))).toBe('refused')
    expect(await ask(await ended('unknown'))).toBe('unknown')
    expect(await ask(await ended('unchanged'))).toBe('not_executed')
  })

  it('is open while somebody may still end it', async () => {
    const write = await held()
    expect(await ask(write)).toBe('open')
    await store.transaction((transaction) => claims.markSent(write.claim, 30_000, 'none', transaction))
    expect(await ask(write)).toBe('open')
  })

  it('is nothing where the claim was given back', async () => {
    const write = await held()
    await claims.release(write.claim)
    expect(await ask(write)).toBe('not_executed')
  })

  it('was told where another call has taken the claim over', async () => {
    const { claim } = await ended('executed')
    expect(await ask({ claim, request: randomUUID() })).toBe('told')
  })

  it('was told by whoever ended it in the place of its call', async () => {
    for (const endedBy of ['recovery', 'operator'] as const) {
      const write = await held()
      await claims.finish(write.claim, { outcome: 'executed', reply, notes: {}, endedBy })
      expect(await ask(write)).toBe('told')
    }
  })

  it('is unknown where its claim is in another store', async () => {
    const { claim, request } = await ended('executed')
    const elsewhere = { id: claim.id, store: 'another' }
    expect(await outcomesOf(store, [{ claim: elsewhere, request, time: now() }])).toEqual(['unknown'])
  })

  it('is unknown where the claim may have been deleted past its retention', async () => {
    const gone = { claim: { id: randomUUID() }, request: randomUUID() }
    expect(await ask(gone, new Date(Date.now() - 5 * day).toISOString())).toBe('not_executed')
    expect(await ask(gone, new Date(Date.now() - 6.5 * day).toISOString())).toBe('unknown')
    expect(await ask(gone, new Date(Date.now() + 20 * day).toISOString())).toBe('unknown')
    expect(await outcomesOf(store, [{ claim: undefined, request: 'r', time: now() }])).toEqual(['unknown'])
  })

  it('answers more than one statement can ask, in order', async () => {
    const { claim, request } = await ended('executed')
    const writes = Array.from({ length: 1_201 }, (_, n) =>
      n === 1_200
        ? { claim: { id: claim.id, store: mark }, request, time: now() }
        : { claim: { id: randomUUID(), store: mark }, request: `r-${n}`, time: now() },
    )
    const outcomes = await outcomesOf(store, writes)
    expect(outcomes).toHaveLength(1_201)
    expect(outcomes.filter((outcome) => outcome !== 'not_executed')).toEqual(['executed'])
    expect(outcomes.at(-1)).toBe('executed')
  })
})
