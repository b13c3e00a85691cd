import { describe, expect, it, vi } from 'vitest'
import { within } from './within.ts'

describe('within', () => {
  it('hands on what comes in time, value or failure', async () => {
    expect(await within(1000, 'it', Promise.resolve(1))).toBe(1)
    await expect(within(1000, 'it', Promise.reject(new Error('own')))).rejects.toThrow('own')
  })

  it('says what it waited for, how long, and what was known then', async () => {
    vi.useFakeTimers()
    const lines: string[] = []
    const late = within(1000, 'the answer', new Promise(() => undefined), () => lines.join())
    const failed = expect(late).rejects.toThrow('the answer: nothing within 1000 ms.\nstarted,stuck')
    lines.push('started', 'stuck')
    await vi.advanceTimersByTimeAsync(1000)
    await failed
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })
})
