import type { Store } from '@postern/store'
import type { Call, Reply } from '@postern/tool'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { losing } from '../test/losing.ts'
import { endLeases, type NotesTable, notesServer, type Way } from '../test/notes-server.ts'
import { engines, openPlace, type Place } from '../test/place.ts'
import { stores, upstream } from '../test/stores.ts'
import { Claims } from './claims.ts'
import type { FaultPoint } from './options.ts'
import { startCompleter } from './start-completer.ts'

let keys = 0
const aKey = () => `key-for-loss-test-${keys++}`
const reason = (reply: Reply) => reply.error && `${reply.error.code}/${String(reply.error.details.reason)}`
const vendor = upstream()

describe.each(engines)('a store that loses its acknowledgement (%s)', (engine) => {
  const places = stores(engine)
  let store: Store
  beforeAll(async () => {
    store = (await places.open()).store
  })
  afterEach(() => void vi.restoreAllMocks())
  const notes = async (text: string) =>
    (await store.query<NotesTable>().selectFrom('notes').selectAll().where('text', '=', text).execute()).length

  it('of the claim: nothing happens, and the same call succeeds later', async () => {
    const lossy = losing(store)
    const { call } = notesServer({ store: lossy.store })
    const input = { text: 'claim', idempotency_key: aKey() }
    lossy.loseCommit(1)
    expect(reason(await call(input))).toBe('UPSTREAM_UNAVAILABLE/store_down')
    expect(await notes('claim')).toBe(0)
    await endLeases(store)
    expect((await call(input)).isError).toBe(false)
    expect(await notes('claim')).toBe(1)
  })

  it('of a change: the change has happened, and the caller gets its answer', async () => {
    const lossy = losing(store)
    const { call } = notesServer({ store: lossy.store })
    const input = { text: 'change', idempotency_key: aKey() }
    const seen: Call['notes'] = {}
    lossy.loseCommit(2)
    const first = await call(input, { notes: seen })
    expect(first.isError).toBe(false)
    expect(seen.write).toBe('executed')
    expect((await call(input)).text).toBe(first.text)
    expect(await notes('change')).toBe(1)
  })

  it('of `sent`: nothing leaves, and the key is free again', async () => {
    const lossy = losing(store)
    const { call } = notesServer({ store: lossy.store, upstream: vendor.url })
    const input = { text: `${engine} sent`, way: 'none', idempotency_key: aKey() }
    const seen: Call['notes'] = {}
    lossy.loseCommit(2)
    expect(reason(await call(input, { notes: seen }))).toBe('UPSTREAM_UNAVAILABLE/store_down')
    expect(seen.write).toBe('not_executed')
    expect(await vendor.count(input.text)).toBe(0)
    expect((await call(input)).isError).toBe(false)
    expect(await vendor.count(input.text)).toBe(1)
  })

  it('of `sent`, and cannot even be told that nothing left: then nobody is told so', async () => {
    const lossy = losing(store)
    const { call } = notesServer({ store: lossy.store, upstream: vendor.url })
    const input = { text: `${engine} sent and down`, way: 'native-key', idempotency_key: aKey() }
    lossy.loseCommit(2)
    vi.spyOn(Claims.prototype, 'release').mockRejectedValueOnce(new Error('down'))
    const seen: Call['notes'] = {}
    expect(reason(await call(input, { notes: seen }))).toBe('UPSTREAM_TIMEOUT/settling')
    expect(seen.write).toBe('unknown')
    await endLeases(store)
    expect((await call(input)).isError).toBe(false)
    expect(await vendor.count(input.text)).toBe(1)
  })

  it.each([
    ['the acknowledgement', true],
    ['the record', false],
  ])('of the outcome (%s): a second try records it', async (_, arrives) => {
    const { finish } = Claims.prototype
    vi.spyOn(Claims.prototype, 'finish').mockImplementationOnce(async function (this: Claims, ...args) {
      if (arrives) await finish.apply(this, args)
      throw new Error('lost')
    })
    const { call } = notesServer({ store, upstream: vendor.url })
    const input = { text: `${engine} outcome ${arrives}`, way: 'none', idempotency_key: aKey() }
    const seen: Call['notes'] = {}
    const first = await call(input, { notes: seen })
    expect(first).toMatchObject({ isError: false })
    expect(first.meta).toBeUndefined()
    expect(seen.write).toBe('executed')
    expect((await call(input)).text).toBe(first.text)
    expect(await vendor.count(input.text)).toBe(1)
  })

  it.each([
    ['native-key', undefined, 'UPSTREAM_TIMEOUT/settling', undefined],
    ['none', undefined, 'UPSTREAM_TIMEOUT/outcome_unknown', 'UPSTREAM_TIMEOUT/outcome_unknown'],
    // A refusal that is not recorded must not be told either: with the next try the vendor may accept it.
    ['native-key', 'refuse', 'UPSTREAM_TIMEOUT/settling', undefined],
  ] as const)(
    'and cannot record the outcome (%s, %s): the caller gets no success and no refusal',
    async (way, fault, first, later) => {
      vi.spyOn(Claims.prototype, 'finish')
        .mockRejectedValueOnce(new Error('down'))
        .mockRejectedValueOnce(new Error('down'))
      const { call } = notesServer({ store, upstream: vendor.url })
      const input = { text: `${engine} unrecorded ${way} ${fault}`, way, fault, idempotency_key: aKey() }
      const seen: Call['notes'] = {}
      expect(reason(await call(input, { notes: seen }))).toBe(first)
      expect(seen.write).toBe('unknown')
      await endLeases(store)
      expect(reason(await call(input))).toBe(later)
      expect(await vendor.count(input.text)).toBe(1)
    },
  )

  it('and is refused by a limit after it was taken over: does not say that nothing happened', async () => {
    vi.spyOn(Claims.prototype, 'release').mockResolvedValueOnce(false)
    const { call } = notesServer({ store, upstream: vendor.url })
    const input = { text: `${engine} limit`, way: 'native-key', fault: 'limit', idempotency_key: aKey() }
    expect(reason(await call(input))).toBe('CONFLICT/in_progress')
  })

  it('while an abandoned write is recovered: never says that nothing happened', async () => {
    const { call } = notesServer({ store, upstream: vendor.url })
    const input = {
      text: `${engine} recover and down`,
      way: 'native-key',
      fault: 'reset-after',
      idempotency_key: aKey(),
    }
    expect(reason(await call(input))).toBe('UPSTREAM_TIMEOUT/settling')
    await endLeases(store)
    const finish = vi.spyOn(Claims.prototype, 'finish').mockRejectedValueOnce(new Error('down'))
    expect(reason(await call(input))).toBe('UPSTREAM_TIMEOUT/settling')
    expect(finish).toHaveBeenCalledOnce()
    await endLeases(store)
    expect((await call(input)).isError).toBe(false)
    expect(await vendor.count(input.text)).toBe(1)
  })

  it('does not care what time the server thinks it is', async () => {
    const { call } = notesServer({ store })
    const input = { text: 'clock', idempotency_key: aKey() }
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10 * 60 * 1000 })
    try {
      const early = await call(input, {
        approve: async (held, next) => {
          vi.setSystemTime(Date.now() - 20 * 60 * 1000)
          expect(reason(await call(input))).toBe('CONFLICT/in_progress')
          return next(held)
        },
      })
      expect(early.isError).toBe(false)
    } finally {
      vi.useRealTimers()
    }
    const replayed = (await call(input)).meta?.['dev.postern/replayed']
    const { at } = replayed as { at: string }
    expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000)
  })
})

describe('a database that is killed', () => {
  const places = stores('postgres', { fsync: true })
  let store: Store
  let place: Place
  beforeAll(async () => {
    ;({ store, place } = await places.open())
  })
  const effects = async (way: Way, text: string) =>
    way === 'transaction'
      ? (await store.query<NotesTable>().selectFrom('notes').selectAll().where('text', '=', text).execute()).length
      : vendor.count(text)

  it.each([
    ['transaction', 'K1', 'UPSTREAM_UNAVAILABLE/store_down'],
    ['transaction', 'K2', 'UPSTREAM_UNAVAILABLE/store_down'],
    ['transaction', 'K2b', 'UPSTREAM_UNAVAILABLE/store_down'],
    ['transaction', 'K5', 'UPSTREAM_UNAVAILABLE/store_down'],
    ['native-key', 'K1', 'UPSTREAM_UNAVAILABLE/store_down'],
    ['native-key', 'K2', 'UPSTREAM_UNAVAILABLE/store_down'],
    ['native-key', 'K2b', 'UPSTREAM_TIMEOUT/settling'],
    ['lookup', 'K5', 'UPSTREAM_TIMEOUT/settling'],
    ['none', 'K5', 'UPSTREAM_TIMEOUT/outcome_unknown'],
  ] as const)('%s at %s: a typed answer, and once it is back exactly one effect', async (way, point, expected) => {
    const fault = (at: FaultPoint) => (at === point ? places.postgres()?.kill() : undefined)
    const input = { text: `killed ${way} ${point}`, way, idempotency_key: aKey() }
    expect(reason(await notesServer({ store, upstream: vendor.url, fault }).call(input))).toBe(expected)
    await places.postgres()?.restart()
    const { options, call } = notesServer({ store, upstream: vendor.url })
    await vi.waitFor(() => store.ping(), { timeout: 10_000 })
    const completer = startCompleter(options)
    for (let round = 0; round < 2; round++) {
      await endLeases(store)
      await completer.run()
    }
    await completer.stop()
    const after = await call(input)
    if (way === 'none') expect(reason(after)).toBe('UPSTREAM_TIMEOUT/outcome_unknown')
    else expect(after.isError).toBe(false)
    expect(await effects(way, input.text)).toBe(1)
  })

  it('works with fewer connections than calls', async () => {
    const narrow = await openPlace(place, { pool: { max: 2 } })
    const { call } = notesServer({ store: narrow })
    const inputs = Array.from({ length: 30 }, (_, n) => ({ text: `narrow ${n}`, idempotency_key: aKey() }))
    const replies = await Promise.all(inputs.map((input) => call(input)))
    expect(replies.filter((reply) => reply.isError)).toEqual([])
    await narrow.close()
  })
})
