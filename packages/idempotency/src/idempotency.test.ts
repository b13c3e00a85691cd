import { ToolError } from '@postern/errors'
import type { Store } from '@postern/store'
import type { Call, Reply, Transaction } from '@postern/tool'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ada, endLeases, logOther, type NotesTable, notesServer } from '../test/notes-server.ts'
import { engines } from '../test/place.ts'
import { stores, upstream } from '../test/stores.ts'
import type { ClaimRow, Schema } from './claim-table.ts'

const bob = { ...ada, subject: 'bob' }
let keys = 0
const aKey = () => `key-for-this-test-${keys++}`
const reason = (reply: Reply) => reply.error && `${reply.error.code}/${String(reply.error.details.reason)}`
const replayedFrom = (reply: Reply) =>
  (reply.meta?.['dev.postern/replayed'] as { request_id: string } | undefined)?.request_id

const vendor = upstream()

describe.each(engines)('idempotency (%s)', (engine) => {
  const place = stores(engine)
  let store: Store
  beforeAll(async () => {
    store = (await place.open()).store
  })

  const rows = (): Promise<ClaimRow[]> => store.query<Schema>().selectFrom('idempotency_claims').selectAll().execute()
  const rowOf = async (requestId: string) => (await rows()).find((row) => row.request_id === requestId)
  const notes = async (text: string) =>
    (await store.query<NotesTable>().selectFrom('notes').selectAll().where('text', '=', text).execute()).length

  describe('a change of the server’s own store', () => {
    it('happens once, and every repetition gets the same bytes, marked', async () => {
      const { call } = notesServer({ store })
      const input = { text: 'once', idempotency_key: aKey() }
      const first = await call(input, { requestId: 'first' })
      expect(first).toMatchObject({ isError: false, data: { note: { text: 'once' } } })
      expect(first.meta).toBeUndefined()

      const before: Call['notes'] = {}
      const second = await call(
        { idempotency_key: input.idempotency_key, way: 'transaction', text: 'once' },
        { notes: before },
      )
      expect(second.text).toBe(first.text)
      expect(second.isError).toBe(false)
      expect(second.data).toEqual(first.data)
      expect(before.write).toBe('replayed')
      const row = await rowOf('first')
      expect(second.meta).toEqual({
        'dev.postern/replayed': {
          request_id: 'first',
          at: new Date(row?.created_at ?? 0).toISOString(),
          expires_at: new Date(row?.expires_at ?? 0).toISOString(),
        },
      })
      expect((row?.expires_at ?? 0) - (row?.finished_at ?? 0)).toBe(7 * 24 * 60 * 60 * 1000)
      expect(await notes('once')).toBe(1)
    })

    it.each([
      ['a failure inside it', { trouble: 'in' }, 'CONFLICT/stale'],
      ['a failure after it', { trouble: 'after' }, 'INTERNAL/bug'],
      ['an answer that breaks its contract', { trouble: 'output' }, 'INTERNAL/output_contract'],
      ['a refusal before it', { trouble: 'before' }, 'VALIDATION_ERROR/rule'],
      ['a second effect', { trouble: 'twice' }, 'INTERNAL/bug'],
    ])('is undone by %s, and the key is free again', async (_, trouble, expected) => {
      const { call } = notesServer({ store })
      const key = aKey()
      const seen: Call['notes'] = {}
      const text = `undone ${key}`
      expect(reason(await call({ text, idempotency_key: key, ...trouble }, { notes: seen }))).toBe(expected)
      expect(seen.write).toBe('not_executed')
      expect(await notes(text)).toBe(0)
      // The same key with other arguments, even: nothing remembers the first.
      expect((await call({ text, idempotency_key: key })).isError).toBe(false)
      expect(await notes(text)).toBe(1)
    })

    it('takes further steps in its transaction', async () => {
      const { call } = notesServer({ store })
      const spent: Transaction[] = []
      const add = (fails: boolean) => async (transaction: Transaction) => {
        await store.within<NotesTable>(transaction).insertInto('notes').values({ id: aKey(), text: 'spent' }).execute()
        spent.push(transaction)
        if (fails) throw new ToolError('PERMISSION_DENIED', 'approval_used', 'The approval was used.')
      }
      const approve = (fails: boolean) => (call: Call, next: (call: Call) => Promise<Reply>) => {
        call.effect?.also(add(fails))
        return next(call)
      }
      const key = aKey()
      const refused = await call({ text: 'steps', idempotency_key: key }, { approve: approve(true) })
      expect(reason(refused)).toBe('PERMISSION_DENIED/approval_used')
      expect([await notes('steps'), await notes('spent')]).toEqual([0, 0])
      expect((await call({ text: 'steps', idempotency_key: key }, { approve: approve(false) })).isError).toBe(false)
      expect([await notes('steps'), await notes('spent')]).toEqual([1, 1])
    })

    it('keeps a success that had nothing to change', async () => {
      const { call } = notesServer({ store })
      const input = { text: 'nothing', trouble: 'nothing', idempotency_key: aKey() }
      const seen: Call['notes'] = {}
      const first = await call(input, { notes: seen })
      expect(seen.write).toBe('not_executed')
      expect(await call(input)).toMatchObject({ text: first.text, meta: { 'dev.postern/replayed': {} } })
    })

    it('forgets arguments and caller once it is done', async () => {
      const { call } = notesServer({ store })
      await call({ text: 'secret words', idempotency_key: aKey() }, { requestId: 'forgets' })
      expect(await rowOf('forgets')).toMatchObject({
        state: 'done',
        principal: null,
        arguments: null,
        outcome: 'executed',
      })
    })
  })

  describe('a key', () => {
    it.each([
      ['another caller', { principal: bob }],
      ['another tenant', { principal: { ...ada, tenant: 'other' } }],
      ['another issuer', { principal: { ...ada, issuer: 'https://other.example/' } }],
      ['another tool', { tool: logOther }],
    ])('of %s is another key', async (_, over) => {
      const { call } = notesServer({ store })
      const input = { text: `space ${keys}`, idempotency_key: aKey() }
      await call(input)
      const other = await call(input, over)
      expect(other.isError).toBe(false)
      expect(replayedFrom(other)).toBeUndefined()
      expect(await notes(input.text)).toBe(2)
    })

    it.each([{ environment: 'staging' }, { server: 'tickets' }])('of %o is another key', async (space) => {
      const input = { text: `space ${keys}`, idempotency_key: aKey() }
      await notesServer({ store }).call(input)
      expect(replayedFrom(await notesServer({ store, ...space }).call(input))).toBeUndefined()
      expect(await notes(input.text)).toBe(2)
    })

    it('is not kept as such', async () => {
      const input = { text: 'key', idempotency_key: aKey() }
      await notesServer({ store }).call(input, { requestId: 'no-key' })
      expect(JSON.stringify(await rowOf('no-key'))).not.toContain(input.idempotency_key)
    })

    it('used for other arguments is refused, and reveals nothing of the first call', async () => {
      const { call } = notesServer({ store })
      const key = aKey()
      await call({ text: 'first words', idempotency_key: key }, { requestId: 'first-request' })
      const reply = await call({ text: 'other words', idempotency_key: key }, { requestId: 'same' })
      expect(reason(reply)).toBe('CONFLICT/key_reused')
      expect(reply.error?.retryable).toBe(false)
      expect(reply.text).not.toMatch(/first words|first-request|note-/)
      expect(await notes('other words')).toBe(0)

      // And not a byte tells whether the first one was done, refused or is running.
      const gate = Promise.withResolvers<void>()
      const running = aKey()
      const first = call(
        { text: 'runs', idempotency_key: running },
        { approve: (call, next) => gate.promise.then(() => next(call)) },
      )
      await vi.waitFor(async () =>
        expect(reason(await call({ text: 'other', idempotency_key: running }, { requestId: 'same' }))).toBe(
          'CONFLICT/key_reused',
        ),
      )
      expect((await call({ text: 'other', idempotency_key: running }, { requestId: 'same' })).text).toBe(reply.text)
      gate.resolve()
      await first
    })

    it('is claimed for a new major version of the contract anew', async () => {
      const { call } = notesServer({ store })
      const input = { text: 'version', idempotency_key: aKey() }
      const { logNote } = await import('../test/notes-server.ts')
      await call(input)
      expect(replayedFrom(await call(input, { tool: { ...logNote, version: '1.9.0' } }))).toBeDefined()
      expect(reason(await call(input, { tool: { ...logNote, version: '2.0.0' } }))).toBe('CONFLICT/key_reused')
    })
  })

  it('answers a repetition of a running call at once', async () => {
    const { call } = notesServer({ store })
    const input = { text: 'running', idempotency_key: aKey() }
    const gate = Promise.withResolvers<void>()
    const entered = Promise.withResolvers<void>()
    const first = call(input, {
      approve: async (call, next) => {
        entered.resolve()
        await gate.promise
        return next(call)
      },
    })
    await entered.promise
    const second = await call(input)
    expect(reason(second)).toBe('CONFLICT/in_progress')
    expect(second.error).toMatchObject({ retryable: true, retry_after_ms: 1000 })
    gate.resolve()
    expect((await first).isError).toBe(false)
    expect(replayedFrom(await call(input))).toBeDefined()
    expect(await notes('running')).toBe(1)
  })

  // SQLite has one write lock for all; there the second call waits for the first to commit its claim.
  if (engine === 'postgres')
    it('answers at once even while the first claim is not committed yet', async () => {
      const { call } = notesServer({ store })
      const input = { text: 'uncommitted', idempotency_key: aKey() }
      const gate = Promise.withResolvers<void>()
      const entered = Promise.withResolvers<void>()
      const intent = async () => {
        entered.resolve()
        await gate.promise
        return { durable: Promise.resolve() }
      }
      const first = call(input, { intent })
      await entered.promise
      expect(reason(await call(input))).toBe('CONFLICT/in_progress')
      gate.resolve()
      expect((await first).isError).toBe(false)
    })

  it('gives the claim back when approval is required, and takes it up again', async () => {
    const { call } = notesServer({ store })
    const input = { text: 'approval', idempotency_key: aKey() }
    const required = await call(input, {
      approve: () => Promise.reject(new ToolError('APPROVAL_REQUIRED', 'pending', 'A person must approve.')),
    })
    expect(reason(required)).toBe('APPROVAL_REQUIRED/pending')
    expect((await call(input)).isError).toBe(false)
    const approve = vi.fn()
    expect(replayedFrom(await call(input, { approve }))).toBeDefined()
    expect(approve).not.toHaveBeenCalled()
  })

  it('keeps its claim while a person is asked for longer than a lease', async () => {
    const { call } = notesServer({ store, leaseMs: 900 })
    const input = { text: 'slow person', idempotency_key: aKey() }
    const gate = Promise.withResolvers<void>()
    const first = call(input, { requestId: 'slow', approve: (call, next) => gate.promise.then(() => next(call)) })
    const leases = new Set<number>()
    await vi.waitFor(
      async () => {
        const row = await rowOf('slow')
        if (row) leases.add(row.lease_until)
        expect(leases.size).toBeGreaterThan(2)
      },
      { timeout: 5000, interval: 20 },
    )
    expect(reason(await call(input))).toBe('CONFLICT/in_progress')
    gate.resolve()
    expect((await first).isError).toBe(false)
  })

  it('waits until the intent is safe, and gives its claim back when it is not', async () => {
    const { call } = notesServer({ store })
    const input = { text: 'late intent', idempotency_key: aKey() }
    const { promise, reject } = Promise.withResolvers<void>()
    const first = call(input, { requestId: 'late', intent: async () => ({ durable: promise }) })
    await vi.waitFor(async () => expect(await rowOf('late')).toMatchObject({ state: 'claimed' }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await notes('late intent')).toBe(0)
    reject(new ToolError('UPSTREAM_UNAVAILABLE', 'audit_down', 'The audit trail is down.'))
    expect(reason(await first)).toBe('UPSTREAM_UNAVAILABLE/audit_down')
    expect(await rowOf('late')).toBeUndefined()
    expect(await notes('late intent')).toBe(0)
    expect((await call(input)).isError).toBe(false)
  })

  it('makes the intent part of the claim: without it nothing is claimed and nothing happens', async () => {
    const { call } = notesServer({ store })
    const input = { text: 'intent', idempotency_key: aKey() }
    const down = await call(input, {
      requestId: 'intent',
      intent: () => Promise.reject(new ToolError('UPSTREAM_UNAVAILABLE', 'audit_down', 'The audit trail is down.')),
    })
    expect(reason(down)).toBe('UPSTREAM_UNAVAILABLE/audit_down')
    expect(await rowOf('intent')).toBeUndefined()

    const seen: unknown[] = []
    const intent = async (transaction?: Transaction) => {
      seen.push(
        transaction &&
          (await store
            .within<Schema>(transaction)
            .selectFrom('idempotency_claims')
            .select('state')
            .where('request_id', '=', 'intent')
            .execute()),
      )
      return { durable: Promise.resolve() }
    }
    expect((await call(input, { requestId: 'intent', intent })).isError).toBe(false)
    expect(seen).toEqual([[{ state: 'claimed' }]])
    expect(replayedFrom(await call(input, { intent }))).toBe('intent')
    expect(seen).toHaveLength(1)
  })

  describe('a request to a vendor', () => {
    const ways = ['native-key', 'client-id', 'lookup', 'none'] as const

    it.each(ways)('happens once (%s)', async (way) => {
      const { call } = notesServer({ store, upstream: vendor.url })
      const input = { text: `${engine} once ${way}`, way, idempotency_key: aKey() }
      const seen: Call['notes'] = {}
      const first = await call(input, { notes: seen })
      expect(first).toMatchObject({ isError: false, data: { note: { text: input.text } } })
      expect(seen.write).toBe('executed')
      expect((await call(input)).text).toBe(first.text)
      expect(await vendor.count(input.text)).toBe(1)
    })

    it('is recorded as sent before it leaves, with the further steps', async () => {
      const { call } = notesServer({ store, upstream: vendor.url })
      const text = `${engine} refused step`
      const step = () => Promise.reject(new ToolError('PERMISSION_DENIED', 'approval_used', 'The approval was used.'))
      const reply = await call(
        { text, way: 'none', idempotency_key: aKey() },
        {
          approve: (call, next) => {
            call.effect?.also(step)
            return next(call)
          },
        },
      )
      expect(reason(reply)).toBe('PERMISSION_DENIED/approval_used')
      expect(await vendor.count(text)).toBe(0)
    })

    it('that the vendor refuses is refused for good', async () => {
      const { call } = notesServer({ store, upstream: vendor.url })
      const input = { text: `${engine} refuse`, way: 'none', fault: 'refuse', idempotency_key: aKey() }
      const seen: Call['notes'] = {}
      const first = await call(input, { requestId: 'refused', notes: seen })
      expect(reason(first)).toBe('VALIDATION_ERROR/rule')
      expect(seen.write).toBe('refused')
      const second = await call(input)
      expect(second.text).toBe(first.text)
      expect(second.meta).toMatchObject({
        'dev.postern/error': first.error,
        'dev.postern/replayed': { request_id: 'refused' },
      })
      expect(await vendor.count(input.text)).toBe(0)
    })

    it.each([
      ['is refused by a limit', 'limit', 'RATE_LIMITED/upstream_rate', (): string => vendor.url],
      ['finds nobody', undefined, 'UPSTREAM_UNAVAILABLE/refused', (): string => 'http://127.0.0.1:2'],
    ])('that %s gives its key back', async (_, fault, expected, url) => {
      const input = { text: `${engine} ${fault}`, way: 'none', fault, idempotency_key: aKey() }
      const seen: Call['notes'] = {}
      expect(reason(await notesServer({ store, upstream: url() }).call(input, { notes: seen }))).toBe(expected)
      expect(seen.write).toBe('not_executed')
      const { call } = notesServer({ store, upstream: vendor.url })
      // The fault strikes once per upstream key, and a new claim has a new one.
      expect((await call({ ...input, fault: undefined })).isError).toBe(false)
      expect(await vendor.count(input.text)).toBe(1)
    })

    it.each(['reset-after', 'unavailable-after', 'reset-before'] as const)(
      'of class none without an answer (%s) is unknown and never sent again',
      async (fault) => {
        const { call } = notesServer({ store, upstream: vendor.url })
        const input = { text: `${engine} none ${fault}`, way: 'none', fault, idempotency_key: aKey() }
        const seen: Call['notes'] = {}
        const first = await call(input, { notes: seen, requestId: `unknown-${fault}` })
        expect(reason(first)).toBe('UPSTREAM_TIMEOUT/outcome_unknown')
        expect(first.error).toMatchObject({ retryable: false, details: { outcome: 'unknown' } })
        expect(seen.write).toBe('unknown')
        await endLeases(store)
        expect((await call(input)).text).toBe(first.text)
        expect(await vendor.count(input.text)).toBe(fault === 'reset-before' ? 0 : 1)
        expect(await rowOf(`unknown-${fault}`)).toMatchObject({ state: 'unknown', expires_at: null })
      },
    )

    it.each([
      ['native-key', 'reset-after'],
      ['native-key', 'reset-before'],
      ['client-id', 'unavailable-after'],
      ['lookup', 'reset-after'],
    ] as const)('of class %s without an answer (%s) is recovered by the next call', async (way, fault) => {
      const { call } = notesServer({ store, upstream: vendor.url })
      const input = { text: `${engine} ${way} ${fault}`, way, fault, idempotency_key: aKey() }
      const first = await call(input, { requestId: `${way}-${fault}` })
      expect(reason(first)).toBe('UPSTREAM_TIMEOUT/settling')
      expect(first.error).toMatchObject({ retryable: true, retry_after_ms: 1000, details: { outcome: 'unknown' } })
      await endLeases(store)
      const seen: Call['notes'] = {}
      const second = await call(input, { notes: seen })
      expect(second).toMatchObject({ isError: false, data: { note: { text: input.text } } })
      expect(replayedFrom(second)).toBe(`${way}-${fault}`)
      expect(seen.write).toBe('replayed')
      expect(await vendor.count(input.text)).toBe(1)
    })

    it('that took effect but has no answer we can build says so, for good', async () => {
      const { call } = notesServer({ store, upstream: vendor.url })
      const input = { text: `${engine} answer lost`, way: 'native-key', trouble: 'output', idempotency_key: aKey() }
      const first = await call(input)
      expect(reason(first)).toBe('INTERNAL/output_contract')
      expect(first.error).toMatchObject({ retryable: false, details: { outcome: 'executed' } })
      expect((await call(input)).text).toBe(first.text)
      expect(await vendor.count(input.text)).toBe(1)
    })

    it('without a declared recovery class never leaves', async () => {
      const { call } = notesServer({ store, upstream: vendor.url, recovery: { 'notes.lookup': 'transaction' } })
      for (const way of ['native-key', 'lookup']) {
        const text = `${engine} undeclared ${way}`
        expect(reason(await call({ text, way, idempotency_key: aKey() }))).toBe('INTERNAL/bug')
        expect(await vendor.count(text)).toBe(0)
      }
    })
  })

  describe('a layer that gives up before its handler', () => {
    it('is waited for: what has left is recorded, not forgotten', async () => {
      const left = Promise.withResolvers<void>()
      const { call } = notesServer({
        store,
        upstream: vendor.url,
        fault: (point) => (point === 'K2b' ? left.resolve() : undefined),
      })
      const input = { text: `${engine} impatient`, way: 'none', idempotency_key: aKey() }
      const first = await call(input, {
        approve: async (held, next) => {
          next(held).catch(() => undefined)
          await left.promise
          throw new ToolError('UPSTREAM_TIMEOUT', 'not_executed', 'I do not wait.')
        },
      })
      expect(reason(first)).toBe('INTERNAL/output_contract')
      expect(first.error?.details).toMatchObject({ outcome: 'executed' })
      expect((await call(input)).text).toBe(first.text)
      expect(await vendor.count(input.text)).toBe(1)
    })

    it('takes its effect away', async () => {
      const { call } = notesServer({ store, upstream: vendor.url })
      const input = { text: `${engine} too late`, way: 'none', idempotency_key: aKey() }
      const gate = Promise.withResolvers<void>()
      let late: Promise<unknown> | undefined
      const first = await call(input, {
        approve: async (held, next) => {
          late = gate.promise.then(() => next(held))
          throw new ToolError('UPSTREAM_TIMEOUT', 'not_executed', 'I do not wait.')
        },
      })
      expect(reason(first)).toBe('UPSTREAM_TIMEOUT/not_executed')
      gate.resolve()
      await expect(late).rejects.toThrow('cannot begin any more')
      expect(await vendor.count(input.text)).toBe(0)
    })
  })

  it.each(['transaction', 'none'] as const)('lets a call that was taken over do nothing (%s)', async (way) => {
    const { call } = notesServer({ store, upstream: vendor.url })
    const input = { text: `${engine} overtaken ${way}`, way, idempotency_key: aKey() }
    const step = vi.fn(async () => {})
    const seen: Call['notes'] = {}
    const slow = await call(input, {
      notes: seen,
      approve: async (held, next) => {
        held.effect?.also(step)
        await endLeases(store)
        expect((await call(input)).isError).toBe(false)
        return next(held)
      },
    })
    expect(reason(slow)).toBe('CONFLICT/in_progress')
    expect(seen.write).toBe('not_executed')
    expect(step).not.toHaveBeenCalled()
    expect((await notes(input.text)) + (await vendor.count(input.text))).toBe(1)
  })

  describe('when the caller goes away', () => {
    it.each(['transaction', 'native-key'] as const)(
      'before the effect (%s), nothing happens and the key is free',
      async (way) => {
        const { call } = notesServer({ store, upstream: vendor.url })
        const caller = new AbortController()
        const input = { text: `${engine} gone early ${way}`, way, idempotency_key: aKey() }
        const running = call(input, {
          signal: caller.signal,
          approve: (call, next) => {
            caller.abort()
            return next(call)
          },
        })
        expect(reason(await running)).toBe('UPSTREAM_TIMEOUT/not_executed')
        expect([await notes(input.text), await vendor.count(input.text)]).toEqual([0, 0])
        expect((await call(input)).isError).toBe(false)
      },
    )

    it('after it was sent, the write is finished and recorded', async () => {
      const caller = new AbortController()
      const { call } = notesServer({
        store,
        upstream: vendor.url,
        fault: (point) => (point === 'K2b' ? caller.abort() : undefined),
      })
      const input = { text: `${engine} gone late`, way: 'none', idempotency_key: aKey() }
      const first = await call(input, { signal: caller.signal })
      expect(first.isError).toBe(false)
      expect((await call(input)).text).toBe(first.text)
      expect(await vendor.count(input.text)).toBe(1)
    })
  })

  describe('a replay', () => {
    const input = { text: 'rows', idempotency_key: aKey() }
    beforeEach(async () => void (await notesServer({ store }).call(input, { requestId: 'rows' })))

    it('is judged by the record it shows', async () => {
      const mayReplay = vi.fn(() => 'ok' as const)
      await notesServer({ store, mayReplay }).call(input)
      expect(mayReplay).toHaveBeenCalledWith(expect.objectContaining({ principal: ada }), {
        id: expect.any(String),
        tool: 'log_note',
        version: '1.2.0',
        requestId: 'rows',
        isError: false,
        record: { port: 'notes', attributes: { project: ['OPS'], tenant: 'acme' } },
        masked: [],
      })
    })

    it('of a record that is out of the caller’s rows by now does not exist', async () => {
      const seen: Call['notes'] = {}
      const reply = await notesServer({ store, mayReplay: () => 'not_found' }).call(input, { notes: seen })
      expect(reason(reply)).toBe('NOT_FOUND/absent')
      expect(reply.text).not.toMatch(/note-|ada@/)
      expect(seen.write).toBeUndefined()
    })

    it('drops what was masked since, wherever it stands, and names it', async () => {
      const reply = await notesServer({ store, mayReplay: () => ({ dropFields: ['email'] }) }).call(input)
      expect(reply.text).not.toContain('ada@example.com')
      expect(reply.data).toMatchObject({ status: 'ok', note: { text: 'rows', untrusted: {} }, masked: ['email'] })
      expect(JSON.parse(reply.text)).toEqual(reply.data)
    })

    it('stays byte for byte where nothing of it was masked', async () => {
      const { text } = await notesServer({ store }).call(input)
      const reply = await notesServer({ store, mayReplay: () => ({ dropFields: ['phone'] }) }).call(input)
      expect(reply.text).toBe(text)
    })

    it('does not take a field for masked that was masked in another record of the call', async () => {
      const mayReplay = vi.fn(() => 'ok' as const)
      const other = { text: 'masked elsewhere', idempotency_key: aKey() }
      await notesServer({ store }).call(other, { notes: { masked: ['email', 'phone'] } })
      await notesServer({ store, mayReplay }).call(other)
      expect(mayReplay).toHaveBeenCalledWith(expect.anything(), expect.objectContaining({ masked: ['phone'] }))
    })

    it('shows nothing when what is left would break the contract', async () => {
      const reply = await notesServer({ store, mayReplay: () => ({ dropFields: ['note_id'] }) }).call(input)
      expect(reason(reply)).toBe('NOT_FOUND/absent')
    })
  })

  it('does not keep an answer that is too large, and says so', async () => {
    const { call } = notesServer({ store })
    const input = { text: 'x'.repeat(257 * 1024), idempotency_key: aKey() }
    expect((await call(input, { requestId: 'large' })).isError).toBe(false)
    expect((await rowOf('large'))?.reply).toBeNull()
    const again = await call(input)
    expect(reason(again)).toBe('CONFLICT/exists')
    expect(again.error?.details).toMatchObject({
      replayed: { request_id: 'large' },
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(await notes(input.text)).toBe(1)
  })

  it('refuses half an emoji as what it is: a fault of the input', async () => {
    const reply = await notesServer({ store }).call({ text: 'broken \ud83d', idempotency_key: aKey() })
    expect(reason(reply)).toBe('VALIDATION_ERROR/schema')
    expect(reply.error?.details.issues).toEqual([expect.objectContaining({ rule: 'unicode' })])
  })

  it('lets reads pass without a look at the store', async () => {
    const down = { ...store, begin: vi.fn(), query: vi.fn(), transaction: vi.fn() } as unknown as Store
    const { options } = notesServer({ store: down })
    const { idempotency } = await import('./idempotency.ts')
    const { logNote } = await import('../test/notes-server.ts')
    const read = { target: { ...logNote, effect: 'read' } } as unknown as Call
    const reply = { text: '{}', isError: false }
    expect(await idempotency(options)(read, async () => reply)).toBe(reply)
    for (const use of [down.begin, down.query, down.transaction]) expect(use).not.toHaveBeenCalled()
  })
})
