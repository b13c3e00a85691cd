import { describe, expect, it, vi } from 'vitest'
import { aCall, ok } from '../test/call.ts'
import { payloadLimit } from './payload-limit.ts'

const layer = payloadLimit(1000)
const pass = (input: unknown, limits = {}) => layer(aCall({ input, target: { limits } }), async () => ok)
const nested = (depth: number): unknown => (depth === 1 ? 1 : [nested(depth - 1)])

describe('payloadLimit', () => {
  it.each([
    ['nothing', undefined],
    ['ordinary input', { project: 'OPS', labels: ['a', 'b'], urgent: true, count: 12.5, nothing: null }],
    ['1,000 bytes', 'x'.repeat(998)],
    ['32 levels', nested(32)],
  ])('lets %s pass', async (_, input) => {
    expect(await pass(input)).toBe(ok)
  })

  it.each([
    ['1,001 bytes', 'x'.repeat(999), 'max_bytes'],
    ['multi-byte text by its bytes', 'ü'.repeat(500), 'max_bytes'],
    ['long names', { ['n'.repeat(1000)]: 1 }, 'max_bytes'],
    ['33 levels', nested(33), 'max_depth'],
    ['33 levels of objects', JSON.parse(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`), 'max_depth'],
  ])('refuses %s', async (_, input, rule) => {
    const next = vi.fn()
    await expect(layer(aCall({ input }), next)).rejects.toMatchObject({
      code: 'VALIDATION_ERROR',
      reason: 'too_large',
      issues: [{ rule }],
    })
    expect(next).not.toHaveBeenCalled()
  })

  it('counts every value', async () => {
    expect(await payloadLimit(1e6)(aCall({ input: Array(1999).fill(0) }), async () => ok)).toBe(ok)
    await expect(payloadLimit(1e6)(aCall({ input: Array(2000).fill(0) }), async () => ok)).rejects.toMatchObject({
      issues: [{ rule: 'max_elements' }],
    })
  })

  it('measures like compact JSON', async () => {
    const input = { project: 'OPS', labels: ['a', 'bc', ''], nested: { yes: true, no: null, n: -12.5e3 } }
    const bytes = Buffer.byteLength(JSON.stringify(input))
    // One byte per object is counted too much: its last comma.
    expect(await payloadLimit(bytes + 2)(aCall({ input }), async () => ok)).toBe(ok)
    await expect(payloadLimit(bytes - 1)(aCall({ input }), async () => ok)).rejects.toThrow('too large')
  })

  it('takes the size of the target where it has one', async () => {
    await expect(pass('x'.repeat(100), { inputBytesMax: 50 })).rejects.toMatchObject({ reason: 'too_large' })
    expect(await pass('x'.repeat(2000), { inputBytesMax: 5000 })).toBe(ok)
  })

  it('stops at the bound: a million keys or a bottomless value cost no more than it', async () => {
    const touched = { count: 0 }
    const bottomless: unknown = new Proxy([], {
      get: (list, key) => (key === '0' ? bottomless : key === 'length' ? 1 : Reflect.get(list, key)),
    })
    await expect(pass(bottomless)).rejects.toMatchObject({ issues: [{ rule: 'max_depth' }] })
    const wide = new Proxy(Array(1_000_000), {
      get(list, key) {
        touched.count++
        return Reflect.get(list, key)
      },
    })
    await expect(payloadLimit(1e7)(aCall({ input: wide }), async () => ok)).rejects.toMatchObject({
      reason: 'too_large',
    })
    expect(touched.count).toBeLessThan(5000)
  })
})
