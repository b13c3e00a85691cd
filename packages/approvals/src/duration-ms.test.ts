import { expect, it } from 'vitest'
import { durationMs } from './duration-ms.ts'

it.each([
  ['45s', 45_000],
  ['30min', 1_800_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['0h', undefined],
  ['2', undefined],
  ['2 h', undefined],
  ['1.5h', undefined],
  ['2hours', undefined],
])('%s is %s ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})
