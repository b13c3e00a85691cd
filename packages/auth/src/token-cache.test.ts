import type { Principal } from '@postern/tool'
import { describe, expect, it } from 'vitest'
import { TokenCache } from './token-cache.ts'

const principal = (subject: string): Principal => ({
  issuer: 'https://id.example.com/',
  subject,
  tenant: 'acme',
  kind: 'user',
  credentialId: 'c',
  scopes: [],
  roles: [],
  attributes: {},
  purposes: [],
  readOnly: false,
})
const limits = { entriesMax: 100, entriesPerPrincipalMax: 4 }

describe('TokenCache', () => {
  it('stays within its bounds and keeps what is used', () => {
    const cache = new TokenCache(limits)
    cache.set('used', principal('used'), 1000, cache.epoch)
    for (let i = 0; i < 10_000; i++) {
      cache.set(`key-${i}`, principal(`user-${i}`), 1000, cache.epoch)
      expect(cache.get('used', 0)?.subject).toBe('used')
      expect(cache.size).toBeLessThanOrEqual(limits.entriesMax)
    }
    expect(cache.get('key-0', 0)).toBeUndefined()
    expect(cache.get('key-9999', 0)).toBeDefined()
  })

  it('lets one principal with many tokens push out nobody but itself', () => {
    const cache = new TokenCache(limits)
    for (let i = 0; i < 30; i++) cache.set(`other-${i}`, principal(`other-${i}`), 1000, cache.epoch)
    for (let i = 0; i < 10_000; i++) cache.set(`greedy-${i}`, principal('greedy'), 1000, cache.epoch)
    for (let i = 0; i < 30; i++) expect(cache.get(`other-${i}`, 0)).toBeDefined()
    const kept = Array.from({ length: 10_000 }, (_, i) => cache.get(`greedy-${i}`, 0)).filter(
      (entry) => entry !== undefined,
    )
    expect(kept).toHaveLength(4)
  })

  it('counts the tokens of a principal right while generations change', () => {
    const cache = new TokenCache(limits)
    for (let i = 0; i < 5000; i++) {
      cache.set(`mine-${i}`, principal('mine'), 1000, cache.epoch)
      cache.set(`other-${i}`, principal(`other-${i}`), 1000, cache.epoch)
      cache.get(`mine-${i - 3}`, 0)
    }
    const kept = Array.from({ length: 5000 }, (_, i) => cache.get(`mine-${i}`, 0)).filter(
      (entry) => entry !== undefined,
    )
    expect(kept.length).toBeLessThanOrEqual(4)
    expect(kept.length).toBeGreaterThan(0)
  })

  it('ends an entry at its time', () => {
    const cache = new TokenCache(limits)
    cache.set('key', principal('p'), 1000, cache.epoch)
    expect(cache.get('key', 999)).toBeDefined()
    expect(cache.get('key', 1000)).toBeUndefined()
  })

  it('takes nothing that was verified before the epoch was raised', () => {
    const cache = new TokenCache(limits)
    const { epoch } = cache
    cache.set('before', principal('p'), 1000, epoch)
    cache.raiseEpoch()
    cache.set('late', principal('p'), 1000, epoch)
    expect([cache.get('before', 0), cache.get('late', 0), cache.size]).toEqual([undefined, undefined, 0])
  })
})
