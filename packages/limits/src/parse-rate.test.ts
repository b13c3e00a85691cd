import { describe, expect, it } from 'vitest'
import { parseBytes } from './parse-bytes.ts'
import { parseDuration } from './parse-duration.ts'
import { describeRate, parseRate } from './parse-rate.ts'
import { parseTokens } from './parse-tokens.ts'

describe('parseRate', () => {
  it.each([
    ['5/s', { calls: 5, perMs: 1000 }, '5 calls a second'],
    ['20/min', { calls: 20, perMs: 60_000 }, '20 calls a minute'],
    ['1/h', { calls: 1, perMs: 3_600_000 }, '1 call an hour'],
    ['9999999/day', { calls: 9_999_999, perMs: 86_400_000 }, '9999999 calls a day'],
  ])('reads %s', (text, rate, words) => {
    expect(parseRate(text)).toEqual(rate)
    expect(describeRate(parseRate(text))).toBe(words)
  })
})

it.each([
  [parseRate, '20'],
  [parseRate, '20/minute'],
  [parseRate, '020/min'],
  [parseBytes, '64KB'],
  [parseBytes, '1.5MiB'],
  [parseDuration, '5 s'],
  [parseDuration, '-5s'],
  [parseTokens, '4000'],
])('%o refuses %s', (parse, text) => {
  expect(() => parse(text)).toThrow(text)
})
