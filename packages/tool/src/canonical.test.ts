import { describe, expect, it } from 'vitest'
import { canonical, digest } from './canonical.ts'

describe('canonical JSON (RFC 8785)', () => {
  it.each<[unknown, string]>([
    [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
    [{ a: undefined, b: 1 }, '{"b":1}'],
    [1e21, '1e+21'],
    [-0, '0'],
    [0.1 + 0.2, '0.30000000000000004'],
    // Section 3.2.3: by UTF-16 code units, so the emoji (a surrogate pair) comes before U+FB33.
    [
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, ö: 7 },
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    ],
    ['\u000f\n"\\/€', '"\\u000f\\n\\"\\\\/€"'],
  ])('%j', (value, text) => {
    expect(canonical(value)).toBe(text)
  })

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [1n], [() => 1], ['\ud800'], [{ a: Symbol('x') }]])(
    'refuses %s',
    (value) => {
      expect(() => canonical(value)).toThrow(TypeError)
    },
  )

  it('gives one digest for two spellings of a value', () => {
    expect(digest({ a: 1, b: { c: 2, d: 3 } })).toBe(digest(JSON.parse('{ "b": {"d":3,"c":2}, "a": 1.0 }')))
    expect(digest({ a: 1 })).not.toBe(digest({ a: '1' }))
  })
})
