import { createHash } from 'node:crypto'
import { canonical } from '@postern/tool'
import { describe, expect, it } from 'vitest'
import { sampleCalls } from '../test/sample-entries.ts'
import { keyedHash } from './keyed-hash.ts'
import { type Entry, genesis, line } from './record.ts'

const key = keyedHash(Buffer.alloc(32, 7))
const log = { keyId: key.id, seal: (text: string) => ({ bytes: Buffer.byteLength(text), hmac: key.of(text) }) }
const next = sampleCalls(log, 1)
const calls = Array.from({ length: 50 }, () => next().entries.map(({ entry }) => entry)).flat()
const full: Entry = {
  phase: 'outcome',
  approval: 'a',
  client: { era: 'modern', transport: 'stdio' },
  credential: 'c',
  decision: { allowed: true, rule: 'r' },
  detail: { z: 1, a: true, m: ['x'], absent: undefined },
  duration_ms: 0.25,
  effect: 'write',
  environment: 'production',
  error: { code: 'CONFLICT', reason: 'stale' },
  input: log.seal('i'),
  key_id: key.id,
  masked: ['m'],
  output: log.seal('o'),
  policy: 'p',
  principal: { actor: 'x', client_id: 'y', issuer: 'i', kind: 'service', subject: '\u0000"\\ zoë 🦉' },
  purposes: ['support'],
  request: 'r',
  rows: 0,
  scopes: { held: ['a:b'], needed: 'a:b' },
  server: 'tickets',
  suspicious: ['title'],
  target: { kind: 'tool', name: 't', version: '1.0.0' },
  targets: ['OPS-1'],
  tenant: 'acme',
  traceparent: '00-1-2-01',
  upstream_request: 'u',
  write: { key_hmac: 'k', state: 'executed' },
}

describe('line', () => {
  it('is canonical JSON (RFC 8785)', () => {
    for (const entry of [full, ...calls]) {
      const { text } = line(entry, { chain: 'tickets-0', seq: 3, prev: genesis }, '2026-01-31T10:00:00.000Z', 17)
      expect(text).toBe(canonical(JSON.parse(text)))
    }
  })

  it('has the hash of its predecessor and of itself without the hash', () => {
    const prev = 'ab'.repeat(32)
    for (const entry of [full, ...calls]) {
      const made = line(entry, { chain: 'tickets-0', seq: 3, prev }, '2026-01-31T10:00:00.000Z', 17)
      const { hash, ...rest } = JSON.parse(made.text)
      expect(hash).toBe(made.hash)
      expect(hash).toBe(createHash('sha256').update(prev).update(canonical(rest)).digest('hex'))
    }
  })
})
