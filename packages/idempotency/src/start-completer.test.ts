import { ToolError } from '@postern/errors'
import { type Store, sql } from '@postern/store'
import type { Handler, Reply } from '@postern/tool'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { endLeases, logNote, type NotesOptions, notesServer, type Way } from '../test/notes-server.ts'
import { engines } from '../test/place.ts'
import { stores, upstream } from '../test/stores.ts'
import type { ClaimRow, Schema } from './claim-table.ts'
import type { SettledWrite } from './options.ts'
import { type CompleterOptions, startCompleter } from './start-completer.ts'

let keys = 0
const aKey = () => `key-for-completer-${keys++}`
const reason = (reply: Reply) => reply.error && `${reply.error.code}/${String(reply.error.details.reason)}`
const vendor = upstream()

describe.each(engines)('startCompleter (%s)', (engine) => {
  const places = stores(engine)
  let store: Store
  beforeAll(async () => {
    store = (await places.open()).store
  })
  beforeEach(async () => void (await store.query<Schema>().deleteFrom('idempotency_claims').execute()))

  const rows = (): Promise<ClaimRow[]> => store.query<Schema>().selectFrom('idempotency_claims').selectAll().execute()
  const onlyRow = async () => (await rows())[0]
  const set = (change: Partial<ClaimRow>) =>
    store.query<Schema>().updateTable('idempotency_claims').set(change).execute()
  const sentAgo = (ms: number) =>
    store
      .query<Schema>()
      .updateTable('idempotency_claims')
      .set({ sent_at: sql<number>`${store.now} - ${ms}`, lease_until: 0 })
      .execute()

  /** A write that was sent and got no answer, and a completer that looks when it is told to. */
  async function unclear(
    way: Way,
    fault: 'reset-before' | 'reset-after',
    over: Partial<NotesOptions & CompleterOptions> = {},
  ) {
    const server = notesServer({ store, upstream: vendor.url, ...over })
    const input = { text: `${engine} ${keys}`, way, fault, idempotency_key: aKey() }
    await server.call(input)
    const completer = startCompleter({ ...server.options, ...over })
    const look = async () => {
      const taken = await completer.run()
      await completer.stop()
      return taken
    }
    return {
      server,
      input,
      look: async () => {
        await endLeases(store)
        return look()
      },
      lookNow: look,
      count: () => vendor.count(input.text),
    }
  }

  it.each(['native-key', 'client-id', 'lookup'] as const)(
    'finds out what became of a write (%s), and tells audit',
    async (way) => {
      const settled = vi.fn(async (_: SettledWrite) => {})
      const { server, input, look, count } = await unclear(way, 'reset-after', { settled })
      const before = await onlyRow()
      expect(before).toMatchObject({ state: 'sent', recovery: way })
      expect(await look()).toBe(1)
      expect(await onlyRow()).toMatchObject({ state: 'done', outcome: 'executed', arguments: null, principal: null })
      expect(settled.mock.calls.map(([write]) => write)).toEqual([
        {
          id: before?.id,
          requestId: before?.request_id,
          tool: 'log_note',
          version: '1.2.0',
          caller: { tenant: 'acme', issuer: 'https://id.example.com/', subject: 'ada' },
          outcome: 'executed',
          by: 'recovery',
        },
      ])
      expect((await server.call(input)).isError).toBe(false)
      expect(await count()).toBe(1)
      expect(await look()).toBe(0)
    },
  )

  it('runs the handler with the stored arguments, caller and request', async () => {
    const seen: Parameters<Handler>[0][] = []
    const resume: Handler = async (call) => {
      seen.push(call)
      throw new Error('enough')
    }
    const { look, input } = await unclear('native-key', 'reset-after', { resume })
    const requestId = (await onlyRow())?.request_id
    await look()
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({
      requestId,
      principal: { subject: 'ada', roles: ['support'], attributes: { projects: ['OPS'] } },
      input: { text: input.text, way: 'native-key', fault: 'reset-after' },
      client: { transport: 'internal' },
    })
    expect(seen[0]?.input).not.toHaveProperty('idempotency_key')
    expect(seen[0]?.intent).toBeUndefined()
  })

  it('leaves alone what has a lease', async () => {
    const { lookNow } = await unclear('native-key', 'reset-after')
    await set({ lease_until: Date.now() + 60_000 })
    expect(await lookNow()).toBe(0)
  })

  it('frees a claim whose call is gone', async () => {
    const settled = vi.fn(async (_: SettledWrite) => {})
    const { look } = await unclear('native-key', 'reset-after', { settled })
    await set({ state: 'claimed' })
    expect(await look()).toBe(1)
    expect(await rows()).toEqual([])
    expect(settled.mock.calls.map(([write]) => write)).toMatchObject([{ outcome: 'not_executed', by: 'recovery' }])
  })

  it('sends nothing for class none: it records that nobody knows', async () => {
    const resume = vi.fn()
    const { server, input, look, count } = await unclear('native-key', 'reset-before', { resume })
    await set({ recovery: 'none' })
    await look()
    expect(await onlyRow()).toMatchObject({ state: 'unknown', note: 'the backend has no way to find out' })
    expect(resume).not.toHaveBeenCalled()
    expect(reason(await server.call(input))).toBe('UPSTREAM_TIMEOUT/outcome_unknown')
    expect(await count()).toBe(0)
  })

  describe('of a write that has to be searched for', () => {
    it('does not look before the settle time is over', async () => {
      const { server, input, lookNow } = await unclear('lookup', 'reset-after', { settleMs: 60_000 })
      const { lease_until = 0, sent_at } = (await onlyRow()) ?? {}
      expect(lease_until - (sent_at ?? 0)).toBeGreaterThanOrEqual(60_000)
      await sentAgo(59_000)
      const find = vi.spyOn(globalThis, 'fetch')
      await lookNow()
      expect(find).not.toHaveBeenCalled()
      find.mockRestore()
      const row = await onlyRow()
      expect(row).toMatchObject({ state: 'sent', attempts: 0, misses: 0 })
      await sentAgo(60_001)
      expect((await server.call(input)).isError).toBe(false)
    })

    it('believes three searches that find nothing, and sends nothing', async () => {
      const { look, count } = await unclear('lookup', 'reset-before')
      for (const misses of [1, 2]) {
        await look()
        expect(await onlyRow()).toMatchObject({ state: 'sent', misses })
      }
      await look()
      expect(await onlyRow()).toMatchObject({ state: 'unknown', note: '3 searches found nothing' })
      expect(await count()).toBe(0)
    })

    it('sends it again only where the backend trusts its search, and then starts to wait anew', async () => {
      const { look, lookNow, count } = await unclear('resend', 'reset-before', { settleMs: 30_000 })
      await look()
      await look()
      expect(await count()).toBe(0)
      // The second request is lost on its way back as well.
      const real = globalThis.fetch
      const lost = vi.spyOn(globalThis, 'fetch').mockImplementation(async (...args) => {
        const response = await real(...args)
        if (args[1]?.method === 'POST') throw new TypeError('reset')
        return response
      })
      await look()
      lost.mockRestore()
      expect(await count()).toBe(1)
      const row = await onlyRow()
      expect(row).toMatchObject({ state: 'sent', misses: 0, attempts: 1 })
      // Too early by the new clock: a search now might not see it yet.
      await set({ lease_until: 0 })
      await lookNow()
      expect(await onlyRow()).toMatchObject({ state: 'sent', misses: 0 })
      await look()
      expect(await onlyRow()).toMatchObject({ state: 'done', outcome: 'executed' })
      expect(await count()).toBe(1)
    })
  })

  it('does not send a key that the vendor has forgotten', async () => {
    const { lookNow, count } = await unclear('native-key', 'reset-before')
    await sentAgo(60 * 60 * 1000 + 1)
    await lookNow()
    expect(await onlyRow()).toMatchObject({ state: 'unknown', note: 'the vendor has forgotten its key by now' })
    expect(await count()).toBe(0)
  })

  it('comes back while the upstream is down, later each time', async () => {
    const { server, input, look } = await unclear('native-key', 'reset-before')
    const down = notesServer({ store, upstream: 'http://127.0.0.1:2' })
    const waits: number[] = []
    for (let attempts = 1; attempts <= 7; attempts++) {
      await endLeases(store)
      const completer = startCompleter(down.options)
      await completer.run()
      await completer.stop()
      const row = await store
        .query<Schema>()
        .selectFrom('idempotency_claims')
        .selectAll()
        .select(store.now.as('now'))
        .executeTakeFirstOrThrow()
      expect(row).toMatchObject({ state: 'sent', attempts })
      waits.push(Math.ceil((row.lease_until - row.now) / 1000))
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30])
    await look()
    expect((await server.call(input)).isError).toBe(false)
    expect(await vendor.count(input.text)).toBe(1)
  })

  it('gives up after a day', async () => {
    const { lookNow } = await unclear('client-id', 'reset-before')
    await sentAgo(24 * 60 * 60 * 1000 + 1)
    await lookNow()
    expect(await onlyRow()).toMatchObject({ state: 'unknown', note: 'no recovery came to an end in a day' })
  })

  it('does not take a refusal of the second request for one of the first', async () => {
    const { look } = await unclear('native-key', 'reset-after', {
      resume: async (call) => {
        await call.effect?.send(() => Promise.reject(new ToolError('VALIDATION_ERROR', 'rule', 'Not today.')))
        throw new Error('not reached')
      },
    })
    await look()
    expect(await onlyRow()).toMatchObject({
      state: 'unknown',
      note: 'refused when it was sent again: VALIDATION_ERROR/rule',
    })
  })

  it('tries a handler that fails before its effect five times', async () => {
    const { look } = await unclear('native-key', 'reset-after', {
      resume: () => Promise.reject(new ToolError('CONFLICT', 'draft_used', 'The draft was used.')),
    })
    for (let attempts = 1; attempts < 5; attempts++) {
      await look()
      expect(await onlyRow()).toMatchObject({ state: 'sent', attempts })
    }
    await look()
    expect(await onlyRow()).toMatchObject({
      state: 'unknown',
      note: 'its handler fails before the effect: CONFLICT/draft_used',
    })
  })

  it.each([undefined, { ...logNote, version: '2.0.0' as const }])(
    'leaves a write to a version that knows its tool',
    async (target) => {
      const resume = vi.fn()
      const { look } = await unclear('native-key', 'reset-after', { target: () => target, resume })
      await look()
      expect(await onlyRow()).toMatchObject({ state: 'sent', attempts: 0 })
      expect(resume).not.toHaveBeenCalled()
    },
  )

  it('never commits what was sent upstream before', async () => {
    const { look } = await unclear('native-key', 'reset-after', {
      resume: async (call) => {
        await call.effect?.commit(async () => {})
        throw new Error('not reached')
      },
    })
    await look()
    expect(await onlyRow()).toMatchObject({ state: 'unknown' })
  })

  it('records what has happened even where its answer cannot be built', async () => {
    const { server, input, look } = await unclear('native-key', 'reset-after', {
      resume: async (call) => {
        await call.effect?.send(async () => ({ id: '1' }))
        throw new Error('the new version has a bug')
      },
    })
    await look()
    expect(await onlyRow()).toMatchObject({ state: 'done', outcome: 'executed', code: 'INTERNAL' })
    expect(reason(await server.call(input))).toBe('INTERNAL/output_contract')
  })

  it('shares the work with others: each write is taken by one of them', async () => {
    const server = notesServer({ store, upstream: vendor.url })
    const inputs = Array.from({ length: 12 }, (_, n) => ({
      text: `${engine} shared ${keys} ${n}`,
      way: 'native-key',
      fault: 'reset-after',
      idempotency_key: aKey(),
    }))
    await Promise.all(inputs.map((input) => server.call(input)))
    await endLeases(store)
    const resume = vi.fn(server.options.resume)
    const completers = [1, 2, 3].map(() => startCompleter({ ...server.options, resume }))
    const taken = await Promise.all(completers.map((completer) => completer.run()))
    expect(taken.reduce((sum, one) => sum + one)).toBe(12)
    expect(resume).toHaveBeenCalledTimes(12)
    expect((await rows()).every((row) => row.state === 'done')).toBe(true)
    await Promise.all(completers.map((completer) => completer.stop()))
  })

  it('looks by itself, reports what goes wrong, and goes on', async () => {
    const { server } = await unclear('native-key', 'reset-after')
    await endLeases(store)
    const report = vi.fn()
    let failures = 0
    const flaky = {
      ...store,
      transaction: (...args: Parameters<Store['transaction']>) =>
        failures++ === 0 ? Promise.reject(new Error('store is down')) : store.transaction(...args),
    } as Store
    const completer = startCompleter({ ...server.options, store: flaky, pollMs: 5, report })
    await vi.waitFor(async () => expect(await onlyRow()).toMatchObject({ state: 'done' }), { timeout: 5000 })
    await completer.stop()
    expect(report).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'store is down' }))
  })

  it('waits for what it has begun when it is stopped', async () => {
    const gate = Promise.withResolvers<Reply>()
    const entered = Promise.withResolvers<void>()
    const { server } = await unclear('native-key', 'reset-after')
    await endLeases(store)
    const resume: Handler = async (call) => {
      entered.resolve()
      await gate.promise
      return server.options.resume(call)
    }
    const completer = startCompleter({ ...server.options, resume })
    const running = completer.run()
    await entered.promise
    const stopped = completer.stop()
    gate.resolve({ text: '', isError: false })
    await stopped
    expect(await onlyRow()).toMatchObject({ state: 'done' })
    await running
  })

  it('deletes what is past its retention, and only that', async () => {
    const server = notesServer({ store })
    for (let n = 0; n < 3; n++) await server.call({ text: `sweep ${n}`, idempotency_key: aKey() })
    const [first, second, third] = await rows()
    const expire = (row: ClaimRow | undefined, change: Partial<ClaimRow>) =>
      store
        .query<Schema>()
        .updateTable('idempotency_claims')
        .set(change)
        .where('id', '=', row?.id ?? '')
        .execute()
    await expire(first, { expires_at: Date.now() - 1000 })
    await expire(second, { state: 'unknown', expires_at: null, created_at: 0 })
    const completer = startCompleter(server.options)
    await completer.run()
    await completer.stop()
    expect((await rows()).map((row) => row.id).sort()).toEqual([second?.id, third?.id].sort())
  })
})
