import type { ToolError } from '@postern/errors'
import type { Store } from '@postern/store'
import { describe, expect, it, vi } from 'vitest'
import { aCall, ada, bob, ok } from '../test/call.ts'
import { engines, stores } from '../test/stores.ts'
import { parseRate } from './parse-rate.ts'
import { type RateLimitOptions, rateLimit } from './rate-limit.ts'

const many = parseRate('1000000/s')

/** A limiter on a clock that the test moves. */
function limiter(options: Partial<RateLimitOptions>) {
  const clock = { ms: 1000 }
  const layer = rateLimit({ principal: many, rateOf: () => undefined, nowMs: () => clock.ms, ...options })
  const call = async (over: Parameters<typeof aCall>[0] = {}) => {
    try {
      await layer(aCall(over), async () => ok)
      return undefined
    } catch (error) {
      return error as ToolError
    }
  }
  return { clock, call }
}

describe('rateLimit in one process', () => {
  it('limits a caller over all targets, and nobody else', async () => {
    const { call, clock } = limiter({ principal: parseRate('3/min') })
    for (let count = 0; count < 3; count++) expect(await call({ target: { name: `tool_${count}` } })).toBeUndefined()

    expect(await call()).toMatchObject({
      code: 'RATE_LIMITED',
      reason: 'principal_rate',
      retryable: true,
      retryAfterMs: 20_000,
      message: 'All tools together allow 3 calls a minute for you.',
      nextStep: 'Wait 20 s, then send the same call again.',
    })
    expect(await call({ principal: bob })).toBeUndefined()
    expect(await call({ principal: { ...ada, tenant: 'other' } })).toBeUndefined()
    expect(await call({ principal: { ...ada, issuer: 'https://other.example/' } })).toBeUndefined()
    clock.ms += 19_999
    expect(await call()).toMatchObject({ retryAfterMs: 1 })
    clock.ms += 1
    expect(await call()).toBeUndefined()
  })

  it('limits one target where a role says so, and names tool, limit and wait', async () => {
    const { call, clock } = limiter({
      rateOf: (_, { name }) => (name === 'create_ticket' ? parseRate('20/min') : undefined),
    })
    const write = { target: { name: 'create_ticket', effect: 'write' as const } }
    for (let count = 0; count < 20; count++) expect(await call(write)).toBeUndefined()
    clock.ms += 900
    expect(await call(write)).toMatchObject({
      reason: 'principal_tool_rate',
      retryAfterMs: 2100,
      message: 'create_ticket allows 20 calls a minute for you.',
      nextStep: 'Wait 2.1 s, then send the same call with the same idempotency_key.',
    })
    expect(await call()).toBeUndefined()
    expect(await call({ ...write, principal: bob })).toBeUndefined()
  })

  it('tells a tool and a resource of one name apart', async () => {
    const { call } = limiter({ rateOf: () => parseRate('1/h') })
    expect(await call({ target: { name: 'template' } })).toBeUndefined()
    expect(await call({ target: { name: 'template', kind: 'resource' } })).toBeUndefined()
    expect(await call({ target: { name: 'template' } })).toMatchObject({ reason: 'principal_tool_rate' })
  })
})

describe.each(engines)('rateLimit over several processes (%s)', (engine) => {
  const newStore = stores(engine)

  it('never gives the last call twice', async () => {
    const open = newStore()
    const replicas = [await open(), await open(), await open()].map((store) =>
      limiter({ store, rateOf: () => parseRate('20/h') }),
    )
    const calls = Array.from({ length: 60 }, (_, index) => replicas[index % 3]?.call())
    const refused = (await Promise.all(calls)).filter((error) => error !== undefined)
    expect(refused).toHaveLength(40)
    for (const error of refused) {
      expect(error.reason).toBe('principal_tool_rate')
      expect(error.retryAfterMs).toBeGreaterThan(170_000)
      expect(error.retryAfterMs).toBeLessThanOrEqual(180_000)
    }
  })

  it('refuses a flood without asking the store', async () => {
    const store = await newStore()()
    const { call } = limiter({ store, rateOf: () => parseRate('1/h') })
    await call()
    await call()
    const query = vi.spyOn(store, 'query')
    for (let count = 0; count < 100; count++) expect(await call()).toMatchObject({ reason: 'principal_tool_rate' })
    expect(query).not.toHaveBeenCalled()
  })

  it('keeps no name of a caller', async () => {
    const store = await newStore()()
    await limiter({ store, rateOf: () => parseRate('1/h') }).call()
    const rows = await store.query<{ limits_rates: { key: string } }>().selectFrom('limits_rates').selectAll().execute()
    expect(rows).toHaveLength(1)
    expect(rows[0]?.key).toMatch(/^[\w-]{43}$/)
  })

  it('settles what each process has admitted by itself', async () => {
    const open = newStore()
    const replicas = [await open(), await open()].map((store) => {
      const transaction = vi.spyOn(store, 'transaction')
      const settled = async () => {
        await vi.waitFor(() => expect(transaction).toHaveBeenCalled(), { timeout: 5000, interval: 10 })
        await transaction.mock.results[0]?.value
      }
      return { ...limiter({ store, principal: parseRate('10/h') }), settled }
    })
    const [first, second] = replicas as [(typeof replicas)[0], (typeof replicas)[0]]
    for (let count = 0; count < 9; count++) expect(await first.call()).toBeUndefined()
    await first.settled()
    // The second does not know of the nine yet; it learns of them by settling its own.
    expect(await second.call()).toBeUndefined()
    await second.settled()
    expect(await second.call()).toMatchObject({ reason: 'principal_rate' })
    expect(await second.call({ principal: bob })).toBeUndefined()
    expect(await first.call()).toBeUndefined()
  })

  it('forgets keys that owe nothing', async () => {
    const store = await newStore()()
    const { call, clock } = limiter({ store, rateOf: () => parseRate('1000000/s') })
    await call({ principal: bob })
    clock.ms += 61_000
    await call()
    const rows = await store.query<{ limits_rates: { key: string } }>().selectFrom('limits_rates').selectAll().execute()
    expect(rows).toHaveLength(1)
  })

  it('goes on by itself while the store cannot be used', async () => {
    const store = await newStore()()
    const { call } = limiter({ store: broken(store), rateOf: () => parseRate('2/h'), principal: parseRate('3/h') })
    expect([await call(), await call()]).toEqual([undefined, undefined])
    expect(await call()).toMatchObject({ reason: 'principal_tool_rate' })
    expect(await call()).toMatchObject({ reason: 'principal_rate' })
  })
})

function broken(store: Store): Store {
  const fail = () => {
    throw new Error('the store is closed')
  }
  return { ...store, query: fail, transaction: fail }
}
