import type { Effect, Transaction } from '@postern/tool'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aCall, ok } from '../test/call.ts'
import { deadline } from './deadline.ts'

const forever = new Promise<never>(() => {})
const write = { effect: 'write' as const, name: 'create_ticket' }

/** An effect that does what it is told, as the idempotency layer does when all is well. */
function plainEffect(): Effect {
  return {
    key: 'key-1',
    send: async (run) => run('key-1', new AbortController().signal),
    commit: async (run) => run({} as Transaction),
    also: () => {},
  }
}

describe('deadline', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('lets a call that is in time pass, and leaves no timer behind', async () => {
    const calls = Array.from({ length: 100 }, () => deadline(1000)(aCall(), async () => ok))
    expect(await Promise.all(calls)).toEqual(Array(100).fill(ok))
    await expect(deadline(1000)(aCall(), async () => Promise.reject(new Error('own')))).rejects.toThrow('own')
  })

  it('answers a read that does not listen to its signal, and aborts the signal', async () => {
    let seen: AbortSignal | undefined
    const running = deadline(1000)(aCall(), (call) => {
      seen = call.signal
      return forever
    })
    const answer = expect(running).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT', reason: 'deadline' })
    await vi.advanceTimersByTimeAsync(999)
    expect(seen?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await answer
    expect(seen?.aborted).toBe(true)
  })

  it('takes the deadline of the target where it has one', async () => {
    const running = deadline(1000)(aCall({ target: { limits: { deadlineMs: 50 } } }), () => forever)
    const answer = expect(running).rejects.toMatchObject({ reason: 'deadline' })
    await vi.advanceTimersByTimeAsync(50)
    await answer
  })

  it('hands the abort of the caller on', async () => {
    const caller = new AbortController()
    const running = deadline(1000)(aCall({ signal: caller.signal }), ({ signal }) => {
      const { promise, reject } = Promise.withResolvers<never>()
      signal.addEventListener('abort', () => reject(signal.reason))
      return promise
    })
    caller.abort(new Error('caller has gone'))
    await expect(running).rejects.toThrow('caller has gone')
  })

  describe('of a write', () => {
    it('says that nothing happened while the effect has not begun, and lets none begin later', async () => {
      let effect: Effect | undefined
      const running = deadline(1000)(aCall({ target: write, effect: plainEffect() }), (call) => {
        effect = call.effect
        return forever
      })
      const answer = expect(running).rejects.toMatchObject({ reason: 'not_executed', details: { outcome: 'none' } })
      await vi.advanceTimersByTimeAsync(1000)
      await answer
      const run = vi.fn()
      await expect(effect?.send(run)).rejects.toMatchObject({ reason: 'not_executed' })
      await expect(effect?.commit(run)).rejects.toMatchObject({ reason: 'not_executed' })
      expect(run).not.toHaveBeenCalled()
    })

    it('aborts a request that has left, and calls its outcome unknown', async () => {
      let sent: AbortSignal | undefined
      const running = deadline(1000)(aCall({ target: write, effect: plainEffect() }), async (call) => {
        await call.effect?.send((_, signal) => {
          sent = signal
          return forever
        })
        return ok
      })
      const answer = expect(running).rejects.toMatchObject({
        code: 'UPSTREAM_TIMEOUT',
        reason: 'outcome_unknown',
        details: { outcome: 'unknown' },
      })
      await vi.advanceTimersByTimeAsync(1000)
      await answer
      expect(sent?.aborted).toBe(true)
    })

    it('does not let a request leave when the deadline passed while it was recorded', async () => {
      const run = vi.fn()
      const slow: Effect = {
        ...plainEffect(),
        send: async (send) => {
          await vi.advanceTimersByTimeAsync(1000)
          return send('key-1', new AbortController().signal)
        },
      }
      const running = deadline(1000)(aCall({ target: write, effect: slow }), async (call) => {
        await call.effect?.send(run)
        return ok
      })
      await expect(running).rejects.toMatchObject({ reason: 'not_executed' })
      expect(run).not.toHaveBeenCalled()
    })

    it('does not tear a change of the store', async () => {
      const committed = Promise.withResolvers<string>()
      const running = deadline(1000)(aCall({ target: write, effect: plainEffect() }), async (call) => {
        await call.effect?.commit(() => committed.promise)
        return ok
      })
      await vi.advanceTimersByTimeAsync(60_000)
      committed.resolve('done')
      expect(await running).toBe(ok)
    })

    it('hands key and further steps through', async () => {
      const also = vi.fn()
      const step = async () => {}
      await deadline(1000)(aCall({ target: write, effect: { ...plainEffect(), also } }), async (call) => {
        call.effect?.also(step)
        expect(call.effect?.key).toBe('key-1')
        expect(await call.effect?.send(async (key) => key)).toBe('key-1')
        return ok
      })
      expect(also).toHaveBeenCalledWith(step)
    })
  })
})
