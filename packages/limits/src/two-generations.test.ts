import { describe, expect, it } from 'vitest'
import { TwoGenerations } from './two-generations.ts'

describe('TwoGenerations', () => {
  it('keeps what is used, forgets what is not, and stays small', () => {
    const map = new TwoGenerations<number>(100)
    map.set('used', 1)
    map.set('unused', 2)
    for (let key = 0; key < 1000; key++) {
      map.set(`k${key}`, key)
      expect(map.get('used')).toBe(1)
    }
    expect(map.get('unused')).toBeUndefined()
    expect(map.get('k999')).toBe(999)
    expect(map.get('k500')).toBeUndefined()
  })

  it('keeps the last entries for certain', () => {
    const map = new TwoGenerations<number>(50)
    for (let key = 0; key < 475; key++) map.set(`k${key}`, key)
    for (let key = 425; key < 475; key++) expect(map.get(`k${key}`)).toBe(key)
  })
})
