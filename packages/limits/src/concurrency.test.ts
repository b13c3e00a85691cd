import { describe, expect, it } from 'vitest'
import { aCall, bob, ok } from '../test/call.ts'
import { concurrency } from './concurrency.ts'

describe('concurrency', () => {
  it('lets a caller run so many calls at once, and gives the room back however they end', async () => {
    const layer = concurrency(2)
    const gates = [Promise.withResolvers<typeof ok>(), Promise.withResolvers<typeof ok>()]
    const running = gates.map((gate) => layer(aCall(), () => gate.promise))

    await expect(layer(aCall(), async () => ok)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      reason: 'concurrency',
      retryAfterMs: 250,
      message: 'You have 2 calls running; 2 are allowed.',
    })
    expect(await layer(aCall({ principal: bob }), async () => ok)).toBe(ok)

    gates[0]?.reject(new Error('failed'))
    await expect(running[0]).rejects.toThrow('failed')
    expect(await layer(aCall(), async () => ok)).toBe(ok)
    gates[1]?.resolve(ok)
    expect(await running[1]).toBe(ok)
    expect(await Promise.all([1, 2].map(() => layer(aCall(), async () => ok)))).toEqual([ok, ok])
  })
})
