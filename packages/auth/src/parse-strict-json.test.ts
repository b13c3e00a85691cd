import { describe, expect, it } from 'vitest'
import { parseStrictJson } from './parse-strict-json.ts'

describe('parseStrictJson', () => {
  it.each([
    ['a key twice', '{"a":1,"a":2}'],
    ['a key twice, once escaped', '{"a":1,"\\u0061":2}'],
    ['a key twice, further in', '{"x":[{"y":{"a":1,"b":2,"a":3}}]}'],
    ['a key twice with other values between', '{"a":{"b":[1,{"c":2}]},"a":1}'],
    ['a key twice that ends with a backslash', '{"a\\\\":1,"a\\\\":2}'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
    ['a list', '["a","a"]'],
    ['a number', '7'],
    ['null', 'null'],
    ['something behind', '{}{}'],
    ['17 levels', `${'{"a":'.repeat(16)}{}${'}'.repeat(16)}`],
  ])('refuses %s', (_case, text) => {
    expect(() => parseStrictJson(text)).toThrow(SyntaxError)
  })

  it.each([
    '{}',
    '{"a":1,"b":"a","c":["a","a"],"d":{"a":1}}',
    '{"a\\"":1,"a":2}',
    '{"a":"\\"a\\":1,","b":"{[,"}',
    ' {\n"a" : [ ] , "b" : { } }',
    `${'{"a":'.repeat(15)}{}${'}'.repeat(15)}`,
  ])('takes %s', (text) => {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text))
  })

  it('agrees with JSON.parse on every document without duplicates, 2,000 seeded ones', () => {
    const random = seeded(20261120)
    for (let i = 0; i < 2000; i++) {
      const text = JSON.stringify(randomObject(random, 4))
      expect(parseStrictJson(text)).toEqual(JSON.parse(text))
    }
  })
})

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const alphabet = ['a', '"', '\\', '{', '}', '[', ']', ',', ':', '\n', 'é', '\u2028', '😀']

function randomText(random: () => number): string {
  return Array.from({ length: Math.floor(random() * 5) }, () => alphabet[Math.floor(random() * alphabet.length)]).join(
    '',
  )
}

function randomValue(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 0 ? 5 : 3))
  if (kind === 0) return randomText(random)
  if (kind === 1) return Math.floor(random() * 1000)
  if (kind === 2) return [null, true, false][Math.floor(random() * 3)]
  if (kind === 3) return Array.from({ length: Math.floor(random() * 4) }, () => randomValue(random, depth - 1))
  return randomObject(random, depth - 1)
}

function randomObject(random: () => number, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: Math.floor(random() * 5) }, () => [randomText(random), randomValue(random, depth)]),
  )
}
