import { randomBytes } from 'node:crypto'
import type { Principal } from '@postern/tool'
import { describe, expect, it } from 'vitest'
import { tryHandles } from './handle.prove.ts'
import { handles } from './handle.ts'

const ana = { issuer: 'i', subject: 'ana', tenant: 'acme' } as Principal
const query = { text: 'printer' }

describe('a cursor', () => {
  const key = randomBytes(32)

  it('comes back for the same caller and query', () => {
    const { seal, open } = handles(key)
    expect(open(seal('p-42', ana, query), ana, { text: 'printer' })).toBe('p-42')
  })

  it('says nothing of the position, the caller or the query', () => {
    const cursor = handles(key).seal('p-42', ana, query)
    const text = Buffer.from(cursor, 'base64url').toString('latin1')
    for (const secret of ['p-42', 'ana', 'printer']) expect(text).not.toContain(secret)
  })

  it('ends after a day', () => {
    let now = 0
    const { seal, open } = handles(key, () => now)
    const cursor = seal('p', ana, query)
    now = 24 * 60 * 60 * 1000
    expect(open(cursor, ana, query)).toBe('p')
    now += 1
    expect(() => open(cursor, ana, query)).toThrow(/not valid/)
  })

  it.each(['', 'x', 'AAAA', '='.repeat(40), 'a'.repeat(5000)])('refuses %j', (handle) => {
    expect(() => handles(key).open(handle, ana, query)).toThrow(expect.objectContaining({ reason: 'cursor' }))
  })

  it('is refused swapped, altered, truncated, expired or under another key, 300 tries', () => {
    expect(tryHandles({ tries: 300, seed: 7 })).toEqual({ tries: 300, accepted: 0 })
  })
})
