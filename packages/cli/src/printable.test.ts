import { describe, expect, it } from 'vitest'
import { printable, printableJson } from './printable.ts'

const hostile = ['\u001b[2J', '\u009b31m', '\u202etxt.exe', '\u200b', '\u{e0041}', '\u2028', '\r', '\u007f', '\ud800']

describe('printable', () => {
  it('leaves words of all scripts and emoji as they are', () => {
    for (const text of ['Zoë Müller', '高橋', 'می‌خواهم', '👩‍💻 done', 'a "quoted" \\ text'])
      expect(printable(text)).toBe(text)
  })

  it.each(hostile)('shows %j as an escape', (text) => {
    expect(printable(text)).toMatch(/^(\\u[0-9a-f]{4})+/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be gone
    expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b\u2028\u202e\ud800-\udfff]/)
  })

  it('keeps one line one line', () => {
    expect(printable('a\nb')).toBe('a\\u000ab')
  })
})

describe('printableJson', () => {
  it('says the same in safe characters', () => {
    const value = { texts: hostile, name: 'Zoë' }
    const json = printableJson(JSON.stringify(value, undefined, 2))
    expect(JSON.parse(json)).toEqual(value)
    expect(json).toContain('\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be gone
    expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u2028\u202e]/)
  })
})
