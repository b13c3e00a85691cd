import { describe, expect, it } from 'vitest'
import { instant, stretch } from './instant.ts'

const now = new Date('2026-02-01T12:00:00.000Z')

describe('instant', () => {
  it.each([
    ['30m', '2026-02-01T11:30:00.000Z'],
    ['30min', '2026-02-01T11:30:00.000Z'],
    ['30m ago', '2026-02-01T11:30:00.000Z'],
    ['24h', '2026-01-31T12:00:00.000Z'],
    ['24h ago', '2026-01-31T12:00:00.000Z'],
    ['7d ago', '2026-01-25T12:00:00.000Z'],
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
  ])('reads %s', (text, time) => {
    expect(instant(text, 'since', now)).toBe(time)
  })

  it.each(['12', '24', '24 hours', '7w', 'ago', '2026-13-01', '24h before'])('refuses %s and says how', (text) => {
    expect(() => instant(text, 'since', now)).toThrow(`--since ${text} is not a time. Write it like 2026-01-31 or`)
  })
})

describe('stretch', () => {
  it('refuses one in which nothing can lie', () => {
    expect(stretch({ since: '2h', until: '1h' }, now)).toEqual({
      since: '2026-02-01T10:00:00.000Z',
      until: '2026-02-01T11:00:00.000Z',
    })
    expect(stretch({}, now)).toEqual({})
    expect(() => stretch({ since: '1h', until: '1h' }, now)).toThrow('--since must be before --until.')
    expect(() => stretch({ since: '2026-02-02' }, now)).toThrow('--since 2026-02-02 lies in the future')
  })
})
