import { expect, it } from 'vitest'
import { outages } from './outages.ts'

it('tells of an outage once, whatever its kind turns into, and once that it is over', () => {
  const told: string[] = []
  const tell = outages('logs.example', (sentence) => told.push(sentence))
  for (const problem of [
    undefined,
    'logs.example answered 503',
    'logs.example refused the connection',
    'logs.example answered 503',
    undefined,
    undefined,
    'logs.example answered 500',
  ])
    tell(problem)
  expect(told).toEqual([
    'logs.example answered 503. Records are offered again until they are taken.',
    'logs.example takes records again.',
    'logs.example answered 500. Records are offered again until they are taken.',
  ])
})
