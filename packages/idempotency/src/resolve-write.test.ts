import type { Store } from '@postern/store'
import type { Reply } from '@postern/tool'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { notesServer } from '../test/notes-server.ts'
import { engines } from '../test/place.ts'
import { stores, upstream } from '../test/stores.ts'
import type { Schema } from './claim-table.ts'
import { listWrites, showWrite } from './list-writes.ts'
import type { SettledWrite } from './options.ts'
import { resolveWrite } from './resolve-write.ts'

let keys = 0
const aKey = () => `key-for-operators-${keys++}`
const reason = (reply: Reply) => reply.error && `${reply.error.code}/${String(reply.error.details.reason)}`
const vendor = upstream()

describe.each(engines)('what an operator can do (%s)', (engine) => {
  const places = stores(engine)
  let store: Store
  beforeAll(async () => {
    store = (await places.open()).store
  })
  beforeEach(async () => void (await store.query<Schema>().deleteFrom('idempotency_claims').execute()))

  async function unknownWrite() {
    const { call } = notesServer({ store, upstream: vendor.url })
    const input = { text: `${engine} operator ${keys}`, way: 'none', fault: 'reset-after', idempotency_key: aKey() }
    const first = await call(input, { requestId: 'lost' })
    const id = String(first.error?.details['write_id'])
    return { call, input, id }
  }

  it('sees what is open or unknown, and nothing of what is done', async () => {
    const { call, id } = await unknownWrite()
    await call({ text: 'done', idempotency_key: aKey() })
    const gate = Promise.withResolvers<void>()
    const entered = Promise.withResolvers<void>()
    const running = call(
      { text: 'running', idempotency_key: aKey() },
      {
        requestId: 'running',
        approve: async (held, next) => {
          entered.resolve()
          await gate.promise
          return next(held)
        },
      },
    )
    await entered.promise
    const open = await listWrites(store)
    expect(open.map(({ request_id, state }) => `${request_id} ${state}`).sort()).toEqual([
      'lost unknown',
      'running claimed',
    ])
    expect(open.find((write) => write.id === id)).toEqual({
      id,
      state: 'unknown',
      tool: 'log_note',
      version: '1.2.0',
      tenant: 'acme',
      issuer: 'https://id.example.com/',
      subject: 'ada',
      request_id: 'lost',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      sent_at: expect.stringMatching(/^\d{4}-.*Z$/),
      recovery: 'none',
      attempts: 0,
      lease_until: expect.any(String),
    })
    expect(await listWrites(store, { states: ['unknown'] })).toHaveLength(1)
    expect(await listWrites(store, { states: ['done'], limit: 5 })).toHaveLength(1)
    expect(await listWrites(store, { limit: 1 })).toHaveLength(1)
    gate.resolve()
    await running
  })

  it('sees the arguments of an unknown write, to know what to look for', async () => {
    const { id, input } = await unknownWrite()
    expect(await showWrite(store, id)).toMatchObject({
      id,
      outcome: 'unknown',
      code: 'UPSTREAM_TIMEOUT',
      arguments: { text: input.text, way: 'none' },
    })
    expect(await showWrite(store, 'nothing')).toBeUndefined()
  })

  it('can say that it took effect: repetitions learn that, and no more', async () => {
    const { call, input, id } = await unknownWrite()
    const settled = vi.fn(async (_: SettledWrite) => {})
    const write = await resolveWrite({ store, settled }, { id, outcome: 'executed', note: 'seen as NOTE-7 by ops' })
    expect(write).toMatchObject({
      id,
      state: 'done',
      outcome: 'executed',
      note: 'seen as NOTE-7 by ops',
      expires_at: expect.any(String),
    })
    expect(write.arguments).toBeUndefined()
    expect(settled.mock.calls.map(([one]) => one)).toMatchObject([
      { id, requestId: 'lost', outcome: 'executed', by: 'operator' },
    ])
    const reply = await call(input)
    expect(reason(reply)).toBe('CONFLICT/exists')
    expect(reply.text).not.toContain('NOTE-7')
    expect(reply.meta).toMatchObject({ 'dev.postern/replayed': { request_id: 'lost' } })
    expect(await vendor.count(input.text)).toBe(1)
  })

  it('can say that it did not: the same call may be sent again', async () => {
    const { call, input, id } = await unknownWrite()
    const settled = vi.fn(async (_: SettledWrite) => {})
    expect(await resolveWrite({ store, settled }, { id, outcome: 'not_executed', note: 'not there' })).toMatchObject({
      id,
    })
    expect(settled.mock.calls.map(([one]) => one)).toMatchObject([{ outcome: 'not_executed', by: 'operator' }])
    expect(await showWrite(store, id)).toBeUndefined()
    expect((await call({ ...input, fault: undefined })).isError).toBe(false)
  })

  it('cannot settle what is settled, open or not there', async () => {
    const { id } = await unknownWrite()
    const settle = () => resolveWrite({ store }, { id, outcome: 'executed', note: 'seen' })
    // Two at once: one of them settles it.
    const both = await Promise.allSettled([settle(), settle()])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(settle()).rejects.toThrow(`Write ${id} is settled: executed. Nothing was changed.`)
    await expect(resolveWrite({ store }, { id: 'x', outcome: 'executed', note: '' })).rejects.toThrow(
      'There is no write x in this store.',
    )
    await store.query<Schema>().updateTable('idempotency_claims').set({ state: 'sent' }).execute()
    await expect(settle()).rejects.toThrow('is still sent')
  })

  it('settles nothing when audit cannot be told', async () => {
    const { id } = await unknownWrite()
    const settled = () => Promise.reject(new Error('audit is down'))
    for (const outcome of ['executed', 'not_executed'] as const)
      await expect(resolveWrite({ store, settled }, { id, outcome, note: 'x' })).rejects.toThrow('audit is down')
    expect(await showWrite(store, id)).toMatchObject({ state: 'unknown' })
    expect((await showWrite(store, id))?.note).toBeUndefined()
  })
})
