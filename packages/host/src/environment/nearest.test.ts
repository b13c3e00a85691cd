import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const keys = ['environment', 'identity', 'roles', 'read_only', 'limits', 'tools', 'purposes']

describe('nearest', () => {
  it.each([
    ['enviroment', 'environment'],
    ['idnetity', 'identity'],
    ['role', 'roles'],
    ['read-only', 'read_only'],
    ['readonly', 'read_only'],
    ['Limits', 'limits'],
    ['tols', 'tools'],
    ['purpose', 'purposes'],
  ])('%s was meant to be %s', (word, meant) => {
    expect(nearest(word, keys)).toBe(meant)
  })

  it.each(['', 'x', 'database', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'])('%j was not meant to be any of them', (word) => {
    expect(nearest(word, keys)).toBeUndefined()
  })
})
