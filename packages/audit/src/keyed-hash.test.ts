import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keyedHash } from './keyed-hash.ts'

describe('keyedHash', () => {
  it.each([32, 63, 64, 65, 200])('is HMAC-SHA-256 under a key of %i bytes', (bytes) => {
    const key = randomBytes(bytes)
    const keyed = keyedHash(key)
    for (const text of ['', 'a', 'zoë 🦉', 'x'.repeat(21_000), 'ë'.repeat(22_000), 'y'.repeat(200_000), 'b'])
      expect(keyed.of(text)).toBe(createHmac('sha256', key).update(text).digest('base64url'))
  })

  it('names the key without giving it away', () => {
    const key = randomBytes(32)
    expect(keyedHash(key).id).toMatch(/^[0-9a-f]{16}$/)
    expect(keyedHash(key).id).toBe(keyedHash(Buffer.from(key)).id)
    expect(keyedHash(randomBytes(32)).id).not.toBe(keyedHash(key).id)
    expect(key.toString('hex')).not.toContain(keyedHash(key).id)
  })

  it('refuses a key that could be guessed', () => {
    expect(() => keyedHash(randomBytes(31))).toThrow(/32 bytes/)
  })
})
