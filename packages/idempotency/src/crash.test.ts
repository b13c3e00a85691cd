import type { Store } from '@postern/store'
import type { Reply } from '@postern/tool'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { endLeases, type NotesTable, notesServer, type Way, ways } from '../test/notes-server.ts'
import { engines, type Place } from '../test/place.ts'
import { NotesProcess } from '../test/spawn.ts'
import { stores, upstream } from '../test/stores.ts'
import type { Schema } from './claim-table.ts'
import type { FaultPoint, SettledWrite } from './options.ts'
import { startCompleter } from './start-completer.ts'

let keys = 0
const aKey = () => `key-for-crash-test-${keys++}`
const reason = (reply: Reply) => reply.error && `${reply.error.code}/${String(reply.error.details.reason)}`
const vendor = upstream()

/** Where a process can die, in order: K3 and K4 are in the vendor's hands, before and after it acts. */
type Point = FaultPoint | 'K3' | 'K4'
const points: readonly Point[] = ['K1', 'K2', 'K2b', 'K3', 'K4', 'K5', 'K6']
const wasSent = (point: Point) => points.indexOf(point) >= 2
const hasHappened = (point: Point) => points.indexOf(point) >= 4
const atVendor = (point: Point) => point === 'K3' || point === 'K4'

const cases = ways
  .flatMap((way) => points.map((point) => ({ way, point })))
  .filter(({ way, point }) => !(way === 'transaction' && atVendor(point)))
/** With its transaction open: on SQLite nobody else can write until it is dead. */
const holdsStore = ({ way, point }: (typeof cases)[number]) =>
  way === 'transaction' && (point === 'K2b' || point === 'K5')

describe.each(engines)('a process that dies (%s)', (engine) => {
  const places = stores(engine, { fsync: true })
  let store: Store
  let place: Place
  const started: NotesProcess[] = []
  const start = async (leaseMs = 30_000) => {
    const it = await NotesProcess.start({ place, upstream: vendor.url, leaseMs })
    started.push(it)
    return it
  }
  afterAll(() => Promise.all(started.map((one) => one.kill())))
  beforeAll(async () => {
    ;({ store, place } = await places.open())
  })

  const effects = async (way: Way, text: string) =>
    way === 'transaction'
      ? (await store.query<NotesTable>().selectFrom('notes').selectAll().where('text', '=', text).execute()).length
      : vendor.count(text)

  describe('at a point', () => {
    const textOf = ({ way, point }: (typeof cases)[number]) => `${engine} ${way} ${point}`
    const inputs = new Map(
      cases.map((one) => {
        const { way, point } = one
        const fault = { K3: 'hold-before', K4: 'hold-after' }[point as string]
        return [one, { text: textOf(one), way, fault, idempotency_key: aKey() }]
      }),
    )
    const inputOf = (one: (typeof cases)[number]) => inputs.get(one) ?? {}

    beforeAll(async () => {
      const die = async (some: typeof cases) => {
        const dying = await start()
        const there = some.map((one) => {
          const begun = dying.begin(inputOf(one), atVendor(one.point) ? {} : { parkAt: one.point as FaultPoint })
          return atVendor(one.point) ? vendor.held(textOf(one)) : begun.there
        })
        await Promise.all(there)
        await dying.kill()
      }
      for (const one of cases.filter(holdsStore)) await die([one])
      await die(cases.filter((one) => !holdsStore(one)))

      const completer = startCompleter(notesServer({ store, upstream: vendor.url }).options)
      // What half an hour of a running server would do.
      for (let round = 0; round < 5; round++) {
        await endLeases(store)
        await completer.run()
      }
      await completer.stop()
    })

    it.each(cases)('$way at $point', async (one) => {
      const { way, point } = one
      const { call } = notesServer({ store, upstream: vendor.url })
      const text = textOf(one)
      const after = await call(inputOf(one))
      expect((await call(inputOf(one))).text).toBe(after.text)

      const found = way === 'transaction' || way === 'native-key' || way === 'client-id' || way === 'resend'
      const known = !wasSent(point) || found || point === 'K6' || (way === 'lookup' && hasHappened(point))
      expect(await effects(way, text)).toBe(known || hasHappened(point) ? 1 : 0)
      if (known) expect(after).toMatchObject({ isError: false, data: { note: { text } } })
      else expect(reason(after)).toBe('UPSTREAM_TIMEOUT/outcome_unknown')
    })
  })

  it('leaves what the next call recovers or takes over, without a completer', async () => {
    const dying = await start()
    const sent = { text: `${engine} inline`, way: 'native-key', idempotency_key: aKey() }
    const claimed = { text: `${engine} taken over`, idempotency_key: aKey() }
    await Promise.all([dying.begin(sent, { parkAt: 'K5' }).there, dying.begin(claimed, { parkAt: 'K2' }).there])
    await dying.kill()
    const settled = vi.fn(async (_: SettledWrite) => {})
    const { call } = notesServer({ store, upstream: vendor.url, settled })
    for (const input of [sent, claimed]) expect(reason(await call(input))).toBe('CONFLICT/in_progress')
    await endLeases(store)
    expect(await call(sent)).toMatchObject({ isError: false, meta: { 'dev.postern/replayed': {} } })
    expect(await vendor.count(sent.text)).toBe(1)
    const taken = await call(claimed)
    expect(taken.isError).toBe(false)
    expect(taken.meta).toBeUndefined()
    expect(settled.mock.calls.map(([write]) => write)).toMatchObject([
      { outcome: 'executed', by: 'recovery' },
      { outcome: 'not_executed', by: 'takeover' },
    ])
  })

  describe('that stands still past its lease', () => {
    async function stopped(way: Way, stopAt: FaultPoint, leaseMs?: number) {
      const asleep = await start(leaseMs)
      const input = { text: `${engine} asleep ${way} ${stopAt}`, way, idempotency_key: aKey() }
      const { reply: answer, there } = asleep.begin(input, { stopAt })
      await there
      return { asleep, input, answer, call: notesServer({ store, upstream: vendor.url }).call }
    }

    it('after its claim, cannot have its effect any more', async () => {
      const { asleep, input, answer, call } = await stopped('native-key', 'K2')
      await endLeases(store)
      expect((await call(input)).isError).toBe(false)
      asleep.signal('SIGCONT')
      const late = await answer
      expect(late && reason(late)).toBe('CONFLICT/in_progress')
      expect(await vendor.count(input.text)).toBe(1)
      await asleep.kill()
    })

    it('after `sent`, does not send any more', async () => {
      // Class none: a second request would be a second effect, and the taker cannot make the first.
      const { asleep, input, answer, call } = await stopped('none', 'K2b', 1000)
      // By the clock of the process itself, which is what stops it, the time has to pass.
      const open = store.query<Schema>().selectFrom('idempotency_claims').where('arguments', 'like', `%${input.text}%`)
      await vi.waitFor(
        async () =>
          expect(await open.select('id').where('lease_until', '<', store.now).executeTakeFirst()).toBeDefined(),
        { timeout: 10_000, interval: 20 },
      )
      expect(reason(await call(input))).toBe('UPSTREAM_TIMEOUT/outcome_unknown')
      asleep.signal('SIGCONT')
      const late = await answer
      expect(late && reason(late)).toBe('CONFLICT/in_progress')
      expect(await vendor.count(input.text)).toBe(0)
      await asleep.kill()
    })

    it('after the answer, cannot overwrite what was recorded meanwhile', async () => {
      const { asleep, input, answer, call } = await stopped('native-key', 'K5')
      await endLeases(store)
      const first = await call(input)
      expect(first.isError).toBe(false)
      asleep.signal('SIGCONT')
      expect((await answer)?.text).toBe(first.text)
      expect((await call(input)).text).toBe(first.text)
      expect(await vendor.count(input.text)).toBe(1)
      await asleep.kill()
    })
  })
})
