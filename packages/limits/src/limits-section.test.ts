import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { limitsSection } from './limits-section.ts'

describe('limitsSection', () => {
  it('has safe defaults', () => {
    expect(limitsSection.parse({})).toEqual({
      principal: { calls: 100, perMs: 60_000 },
      inputBytesMax: 65_536,
      outputBytesMax: 16_000,
      deadlineMs: 5000,
      concurrencyMax: 64,
    })
  })

  it('reads every quantity with its unit', () => {
    const limits = { principal: '5/s', input: '1MiB', output: '250 tokens', deadline: '2min', concurrency: 3 }
    expect(limitsSection.parse(limits)).toEqual({
      principal: { calls: 5, perMs: 1000 },
      inputBytesMax: 1_048_576,
      outputBytesMax: 1000,
      deadlineMs: 120_000,
      concurrencyMax: 3,
    })
  })

  it.each([
    [{ principal: '100' }, 'a rate such as'],
    [{ principal: '0/min' }, 'a rate such as'],
    [{ principal: '100/minute' }, 'a rate such as'],
    [{ input: '64KB' }, 'a size such as 64KiB'],
    [{ input: '64' }, 'a size such as 64KiB'],
    [{ input: '5MiB' }, 'it must be 1KiB to 4MiB'],
    [{ input: '100B' }, 'it must be 1KiB to 4MiB'],
    [{ output: '4000' }, 'a size such as "4000 tokens"'],
    [{ output: '99 tokens' }, 'it must be 100 tokens to 100000 tokens'],
    [{ deadline: '5' }, 'a time such as 5s'],
    [{ deadline: '99ms' }, 'it must be 100ms to 10min'],
    [{ deadline: '1h' }, 'it must be 100ms to 10min'],
    [{ concurrency: 0 }, 'Too small'],
    [{ concurency: 4 }, 'concurency'],
  ])('refuses %o and says what is right', (limits, says) => {
    const { error } = limitsSection.safeParse(limits)
    expect(error?.issues).toHaveLength(1)
    expect(error?.issues[0]?.message).toContain(says)
  })

  it('can be shown to an editor', () => {
    const schema = z.toJSONSchema(limitsSection, { io: 'input' })
    expect(Object.keys(schema.properties ?? {})).toEqual(['principal', 'input', 'output', 'deadline', 'concurrency'])
    expect(schema.additionalProperties).toBe(false)
    expect(schema.required ?? []).toEqual([])
  })
})
