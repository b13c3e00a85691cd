import { createHash, randomBytes } from 'node:crypto'
import type { Principal } from '@postern/tool'
import { handles } from './handle.ts'

/**
 * Tries to use cursors that are not the caller's: of another subject, issuer, tenant, query or key, altered in one
 * bit, cut, extended, re-spelt or expired.
 *
 * @returns how many of them were accepted; the promise is 0
 */
export function tryHandles({ tries, seed }: { tries: number; seed: number }): { tries: number; accepted: number } {
  const key = createHash('sha256').update(`key ${seed}`).digest()
  let now = 1_000_000
  const ours = handles(key, () => now)
  const random = generator(seed)
  let accepted = 0
  for (let i = 0; i < tries; i++) {
    const ana = { issuer: 'https://id.example.com/', subject: `s${i}`, tenant: 'acme' } as Principal
    const query = { server: 'tickets', method: 'search', query: { text: `t${i}` } }
    const cursor = ours.seal(`position ${i}`, ana, query)
    const attempts: (() => unknown)[] = [
      () => ours.open(cursor, { ...ana, subject: `s${i + 1}` }, query),
      () => ours.open(cursor, { ...ana, issuer: 'https://id.example.com' }, query),
      () => ours.open(cursor, { ...ana, tenant: 'globex' }, query),
      () => ours.open(cursor, ana, { ...query, method: 'other' }),
      () => ours.open(cursor, ana, { ...query, query: { text: 't' } }),
      () => handles(randomBytes(32), () => now).open(cursor, ana, query),
      () => ours.open(flipBit(cursor, random), ana, query),
      () => ours.open(cursor.slice(0, -1 - Math.floor(random() * 20)), ana, query),
      () => ours.open(`${cursor}AAAA`, ana, query),
      () => ours.open(`${cursor}=`, ana, query),
      () => {
        now += 24 * 60 * 60 * 1000 + 1
        return ours.open(cursor, ana, query)
      },
    ]
    try {
      attempts[Math.floor(random() * attempts.length)]?.()
      accepted++
    } catch {
      // Refused, as it should be.
    }
  }
  return { tries, accepted }
}

function flipBit(cursor: string, random: () => number): string {
  const bytes = Buffer.from(cursor, 'base64url')
  const at = Math.floor(random() * bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
  return bytes.toString('base64url')
}

/** mulberry32: small, seeded, good enough to choose test cases. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
