import { describe, expect, it } from 'vitest'
import { parseLine, readLine } from './read-line.ts'
import { type Entry, genesis, line } from './record.ts'

const plain: Entry = {
  phase: 'read',
  request: 'r-1',
  principal: { issuer: 'i', kind: 'user', subject: 'zoë' },
  rows: 3,
}
const event: Entry = { phase: 'start', detail: { seq: 7, prev: 'x', hash: 'y', note: '"hash":"' } }

describe('readLine', () => {
  it.each([
    ['a call', plain],
    ['an event with facts of the same names', event],
  ])('reads the place of %s', (_what, entry) => {
    const made = line(entry, { chain: 'tickets-0', seq: 12, prev: genesis }, '2026-01-31T10:00:00.000Z', 5)
    expect(readLine(made.text)).toEqual({
      seq: 12,
      prev: genesis,
      hash: made.hash,
      phase: entry.phase,
      mono: 5,
      detailed: entry.detail !== undefined,
      intact: true,
    })
    expect(parseLine(made.text)).toMatchObject({ ...entry, seq: 12, chain: 'tickets-0', mono: 5, v: 1 })
  })

  it.each([
    ['a call', plain],
    ['an event', event],
  ])('takes no changed byte of %s for intact', (_what, entry) => {
    const made = line(entry, { chain: 'tickets-0', seq: 12, prev: genesis }, '2026-01-31T10:00:00.000Z', 5)
    const bytes = Buffer.from(made.text)
    for (let at = 0; at < bytes.length; at++)
      for (const flip of [1, 2, 0x20, 0x80]) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ flip
        expect(readLine(String(changed))?.intact ?? false, `byte ${at} of ${made.text}`).toBe(false)
      }
  })

  it.each(['', '{}', 'null', '[1]', '{"hash":"x"', 'x'.repeat(300)])('is not misled by %j', (text) => {
    expect(readLine(text)?.intact ?? false).toBe(false)
  })
})
