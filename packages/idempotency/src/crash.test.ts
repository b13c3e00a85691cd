import type { Store } from '@postern/store'
import type { Reply } from '@postern/tool'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { endLeases, type NotesTable, notesServer, type Way } from '../test/notes-server.ts'
import { NotesProcess } from '../test/spawn.ts'
import { type EngineName, type Place, stores, upstream } from '../test/stores.ts'
import type { ClaimRow, Schema } from './claim-table.ts'
import type { FaultPoint } from './options.ts'
import { startCompleter } from './start-completer.ts'

let keys = 0
const aKey = () => `key-for-crash-test-${keys++}`
const reason = (reply: Reply) => reply.error && `${reply.error.code}/${String(reply.error.details.reason)}`
const vendor = upstream()

/** Where a process can die, in order: K3 and K4 are in the vendor's hands, before and after it acts. */
type Point = FaultPoint | 'K3' | 'K4'
const points: readonly Point[] = ['K1', 'K2', 'K2b', 'K3', 'K4', 'K5', 'K6']

/** Whether a `sent` was recorded when the process died, and whether the vendor has acted. */
const wasSent = (point: Point) => points.indexOf(point) >= 2
const hasHappened = (point: Point) => points.indexOf(point) >= 4

const matrix: Record<EngineName, readonly (readonly [Way, Point])[]> = {
  sqlite: (['transaction', 'native-key', 'client-id', 'lookup', 'resend', 'none'] as const).flatMap((way) =>
    points.map((point) => [way, point] as const),
  ),
  // The same statements; a sample shows that the other engine guards them as well. `prove` runs all.
  postgres: [
    ['transaction', 'K2b'],
    ['transaction', 'K5'],
    ['transaction', 'K6'],
    ['native-key', 'K2'],
    ['native-key', 'K2b'],
    ['native-key', 'K4'],
    ['lookup', 'K4'],
    ['resend', 'K3'],
    ['none', 'K5'],
  ],
}

describe.each(['sqlite', 'postgres'] as const)('a process that dies (%s)', (engine) => {
  const places = stores(engine, { fsync: true })
  let store: Store
  let place: Place
  let spare: Promise<NotesProcess>
  const start = () => NotesProcess.start({ place, upstream: vendor.url })
  beforeAll(async () => {
    ;({ store, place } = await places.open())
    spare = start()
  })
  afterAll(async () => (await spare).end())

  const row = (text: string): Promise<ClaimRow | undefined> =>
    store
      .query<Schema>()
      .selectFrom('idempotency_claims')
      .selectAll()
      .where('arguments', 'like', `%${text}%`)
      .executeTakeFirst()
  const effects = async (way: Way, text: string) =>
    way === 'transaction'
      ? (await store.query<NotesTable>().selectFrom('notes').selectAll().where('text', '=', text).execute()).length
      : vendor.count(text)

  /** What half an hour of a running server would do. */
  async function settleAll(complete: () => Promise<unknown>): Promise<void> {
    for (let round = 0; round < 6; round++) {
      await endLeases(store)
      await complete()
    }
  }

  it.each(matrix[engine].filter(([way, point]) => !(way === 'transaction' && (point === 'K3' || point === 'K4'))))(
    '%s at %s',
    async (way, point) => {
      const dying = await spare
      // Started ahead, while the other one dies: a start is most of the time this takes.
      spare = start()
      const text = `${engine} ${way} ${point}`
      const input = { text, way, idempotency_key: aKey() }
      const fault = { K3: 'kill-before', K4: 'kill-after' }[point as string]
      const dieAt = fault === undefined ? (point as FaultPoint) : undefined
      expect(await dying.call({ ...input, fault }, dieAt && { dieAt })).toBeUndefined()
      await dying.end()

      const completer = startCompleter(notesServer({ store, upstream: vendor.url }).options)
      await settleAll(() => completer.run())
      await completer.stop()
      const { call } = notesServer({ store, upstream: vendor.url })
      // With the fault in the arguments they are the same arguments; it strikes once.
      const after = await call({ ...input, fault })
      const again = await call({ ...input, fault })
      expect(again.text).toBe(after.text)

      const found = way === 'transaction' || way === 'native-key' || way === 'client-id' || way === 'resend'
      const known = !wasSent(point) || found || point === 'K6' || (way === 'lookup' && hasHappened(point))
      expect(await effects(way, text)).toBe(known || hasHappened(point) ? 1 : 0)
      if (known) expect(after).toMatchObject({ isError: false, data: { note: { text } } })
      else expect(reason(after)).toBe('UPSTREAM_TIMEOUT/outcome_unknown')
    },
  )

  it('is recovered by the next call too, without a completer', async () => {
    const dying = await spare
    spare = start()
    const input = { text: `${engine} inline`, way: 'native-key', idempotency_key: aKey() }
    expect(await dying.call(input, { dieAt: 'K5' })).toBeUndefined()
    const { call } = notesServer({ store, upstream: vendor.url })
    expect(reason(await call(input))).toBe('CONFLICT/in_progress')
    await endLeases(store)
    expect(await call(input)).toMatchObject({ isError: false, meta: { 'dev.postern/replayed': {} } })
    expect(await vendor.count(input.text)).toBe(1)
  })

  it('leaves a claim that the next call takes over', async () => {
    const dying = await spare
    spare = start()
    const input = { text: `${engine} taken over`, idempotency_key: aKey() }
    expect(await dying.call(input, { dieAt: 'K2' })).toBeUndefined()
    const settled = vi.fn(async () => {})
    const { call } = notesServer({ store, settled })
    const before = await row(input.text)
    await endLeases(store)
    const after = await call(input)
    expect(after.isError).toBe(false)
    expect(after.meta).toBeUndefined()
    expect(settled).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        id: before?.id,
        requestId: before?.request_id,
        outcome: 'not_executed',
        by: 'takeover',
      }),
      expect.anything(),
    )
  })

  describe('that stands still past its lease', () => {
    async function stopped(way: Way, stopAt: FaultPoint) {
      const asleep = await NotesProcess.start({ place, upstream: vendor.url, leaseMs: 300 })
      const input = { text: `${engine} asleep ${way} ${stopAt}`, way, idempotency_key: aKey() }
      const answer = asleep.call(input, { stopAt })
      await asleep.stopping()
      const db = store.query<Schema>()
      await vi.waitFor(
        async () => {
          const open = db.selectFrom('idempotency_claims').select('id').where('arguments', 'like', `%${input.text}%`)
          expect(await open.where('lease_until', '<', store.now).executeTakeFirst()).toBeDefined()
        },
        { timeout: 5000, interval: 20 },
      )
      return { asleep, input, answer, call: notesServer({ store, upstream: vendor.url }).call }
    }

    it('after its claim, cannot have its effect any more', async () => {
      const { asleep, input, answer, call } = await stopped('native-key', 'K2')
      expect((await call(input)).isError).toBe(false)
      asleep.signal('SIGCONT')
      const late = await answer
      expect(late && reason(late)).toBe('CONFLICT/in_progress')
      expect(await vendor.count(input.text)).toBe(1)
      await asleep.end()
    })

    it('after `sent`, does not send any more', async () => {
      // Class none: a second request would be a second effect, and the taker cannot make the first.
      const { asleep, input, answer, call } = await stopped('none', 'K2b')
      expect(reason(await call(input))).toBe('UPSTREAM_TIMEOUT/outcome_unknown')
      asleep.signal('SIGCONT')
      const late = await answer
      expect(late && reason(late)).toBe('CONFLICT/in_progress')
      expect(await vendor.count(input.text)).toBe(0)
      await asleep.end()
    })

    it('after the answer, cannot overwrite what was recorded meanwhile', async () => {
      const { asleep, input, answer, call } = await stopped('native-key', 'K5')
      const first = await call(input)
      expect(first.isError).toBe(false)
      asleep.signal('SIGCONT')
      expect((await answer)?.text).toBe(first.text)
      expect((await call(input)).text).toBe(first.text)
      expect(await vendor.count(input.text)).toBe(1)
      await asleep.end()
    })
  })

  it('24 repetitions at once over three processes: one effect each', async () => {
    const processes = await Promise.all([start(), start(), start()])
    for (const way of ['transaction', 'native-key', 'none'] as const)
      for (let round = 0; round < 4; round++) {
        const input = { text: `${engine} at once ${way} ${round}`, way, idempotency_key: aKey() }
        const replies = await Promise.all(Array.from({ length: 24 }, (_, n) => processes[n % 3]?.call(input)))
        const good = replies.filter((reply) => reply?.isError === false)
        const bad = replies.filter((reply) => reply?.isError !== false)
        expect(good.filter((reply) => reply?.meta === undefined)).toHaveLength(1)
        expect(new Set(good.map((reply) => reply?.text)).size).toBe(1)
        expect([...new Set(bad.map((reply) => reply && reason(reply)))]).toSatisfy((reasons: unknown[]) =>
          reasons.every((one) => one === 'CONFLICT/in_progress'),
        )
        expect(await effects(way, input.text)).toBe(1)
      }
    await Promise.all(processes.map((one) => one.end()))
  })
})
