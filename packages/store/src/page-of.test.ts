import { expect, it } from 'vitest'
import { pageOf } from './page-of.ts'
import { readPosition } from './position.ts'

const rows = [
  { id: 'a', at: 3 },
  { id: 'b"', at: 2 },
  { id: 'c', at: 1 },
]
const page = (limit: number) =>
  pageOf(
    rows,
    limit,
    ({ id }) => id,
    ({ at, id }) => [at, id],
  )

it('shows as many rows as the limit, and where the next page begins', () => {
  const { items, next } = page(2)
  expect(items).toEqual(['a', 'b"'])
  expect(readPosition<[number, string]>(next ?? '', ['number', 'string'])).toEqual([2, 'b"'])
})

it('ends where no row is left', () => {
  expect(page(3)).toEqual({ items: ['a', 'b"', 'c'] })
  expect(pageOf([], 3, String, () => [])).toEqual({ items: [] })
})

it.each([['[2]'], ['["2","b"]'], ['[2,"b",1]'], ['[2,null]']])('takes no position of another list: %s', (after) => {
  expect(() => readPosition<[number, string]>(after, ['number', 'string'])).toThrow(TypeError)
})
