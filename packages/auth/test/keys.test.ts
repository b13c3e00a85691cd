import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuthEvent } from '../src/accepted-issuers.ts'
import { goodClaims, goodToken, outcomeOf, signal, testClock, verifierFor } from './setting.ts'
import { base64url, compact, type Mood, newKey, startIssuer, type TestIssuer } from './test-issuer.ts'

let issuer: TestIssuer
let clock: ReturnType<typeof testClock>
let events: AuthEvent[]
let verify: (token: string) => Promise<string>

beforeEach(async () => {
  issuer = await startIssuer()
  clock = testClock()
  // Its own list for each test: what still runs when one ends must not show in the next.
  const seen: AuthEvent[] = []
  events = seen
  const verifier = verifierFor(issuer, clock, {}, { onEvent: (event) => seen.push(event) })
  verify = (token) => outcomeOf(verifier.verify(token, signal))
})
afterEach(() => issuer.close())

const minutes = (count: number) => count * 60_000
const good = (key = issuer.key) => goodToken(issuer, clock, {}, key)
const many = (count: number, run: () => Promise<string>) => Promise.all(Array.from({ length: count }, run))
const allOk = (count: number) => Array.from({ length: count }, () => 'ok')

describe('key rotation', () => {
  it('fails no call over 20 rotations under load, and asks once for each', async () => {
    let previous = issuer.key
    for (let rotation = 0; rotation < 20; rotation++) {
      issuer.rotate({ alg: rotation % 2 === 0 ? 'EdDSA' : 'ES256' })
      const outcomes = await Promise.all([many(20, () => verify(good())), many(20, () => verify(good(previous)))])
      expect(outcomes.flat()).toEqual(allOk(40))
      previous = issuer.key
      clock.advance(30_000)
    }
    expect(issuer.requests).toBe(20)
  })

  it('fails no call when the new key is published half a minute before it is used, whatever floods us', async () => {
    expect(await verify(good())).toBe('ok')
    const old = issuer.key
    issuer.rotate()
    for (let second = 0; second < 31; second++) {
      await verify(
        compact({ alg: 'ES256', typ: 'at+jwt', kid: `made-up-${second}` }, goodClaims(issuer, clock), newKey()),
      )
      expect(await verify(good(old))).toBe('ok')
      clock.advance(1000)
    }
    expect(await verify(good())).toBe('ok')
  })

  it('stops trusting a withdrawn key, what was cached included', async () => {
    const token = good()
    expect(await verify(token)).toBe('ok')
    issuer.rotate({ withdraw: true })
    clock.advance(30_000)
    expect(await verify(good())).toBe('ok')
    expect(await verify(token)).toBe('invalid')
  })

  it('does not trust the keys of yesterday when it wakes up', async () => {
    expect(await verify(good())).toBe('ok')
    const stolen = issuer.key
    issuer.rotate({ withdraw: true })
    clock.advance(minutes(11))
    expect(await verify(good(stolen))).toBe('invalid')
  })

  it('fetches keys anew in the background, without making a caller wait', async () => {
    expect(await verify(good())).toBe('ok')
    clock.advance(minutes(6))
    issuer.behave('hang')
    const request = issuer.nextRequest()
    expect(await verify(good())).toBe('ok')
    expect(events).toHaveLength(1)
    await request
    issuer.release()
  })
})

describe('a flood of bad tokens', () => {
  it('makes at most one request for keys in 30 s', async () => {
    expect(await verify(good())).toBe('ok')
    const payload = base64url(JSON.stringify(goodClaims(issuer, clock, { exp: clock.seconds() + 300 })))
    let sent = 0
    const flood = () => {
      const header = base64url(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: `made-up-${sent++}` }))
      return verify(`${header}.${payload}.${base64url(new Uint8Array(64))}`)
    }
    // 1,000 made-up kids a second for 120 s would be 120,000 tokens; every 20th of them shows the same.
    for (let step = 0; step < 1200; step++) {
      for (const outcome of await many(5, flood)) expect(outcome).toBe('invalid')
      clock.advance(100)
    }
    expect(issuer.requests).toBe(4)
  })

  it('makes none when a token is bad in any other way', async () => {
    expect(await verify(good())).toBe('ok')
    clock.advance(minutes(1))
    const stranger = newKey()
    for (const changes of [{ aud: 'https://other.example.com/' }, { exp: 1 }, { sub: '' }])
      await verify(
        compact({ alg: 'ES256', typ: 'at+jwt', kid: 'made-up' }, goodClaims(issuer, clock, changes), stranger),
      )
    expect(issuer.requests).toBe(1)
  })
})

describe('an issuer that does not answer well', () => {
  it.each<Mood>(['fail', 'huge', 'html', 'redirect', 'empty'])(
    '(%s): known keys go on for an hour, unknown ones are refused',
    async (mood) => {
      expect(await verify(good())).toBe('ok')
      issuer.behave(mood)
      const unknown = newKey()
      for (const minute of [1, 9, 10, 11, 30, 59]) {
        clock.advance(minutes(minute) - (clock.now() - start()))
        expect(await verify(good())).toBe('ok')
        expect(await verify(good(unknown))).toBe('invalid')
      }
      clock.advance(minutes(60) - (clock.now() - start()))
      expect(await verify(good())).toBe('keys_unavailable')
      issuer.behave('well')
      clock.advance(5000)
      expect(await verify(good())).toBe('ok')
      expect(JSON.stringify(events)).not.toContain('secret')
    },
  )

  it('(hanging): nobody with a known key waits for it, and those who must, wait together', async () => {
    expect(await verify(good())).toBe('ok')
    issuer.behave('hang')
    clock.advance(minutes(1))
    const request = issuer.nextRequest()
    const unknown = many(50, () => verify(good(newKey())))
    await request
    expect(await many(50, () => verify(good()))).toEqual(allOk(50))
    const late = issuer.key
    issuer.rotate()
    issuer.release()
    expect(new Set(await unknown)).toEqual(new Set(['invalid']))
    expect([await verify(good()), await verify(good(late))]).toEqual(['ok', 'ok'])
    expect(issuer.requests).toBe(2)
  })

  it('(hanging after it failed): nobody waits for it once it has shown that it is down', async () => {
    expect(await verify(good())).toBe('ok')
    issuer.behave('fail')
    clock.advance(minutes(1))
    expect(await verify(good(newKey()))).toBe('invalid')
    expect(events).toHaveLength(2)
    issuer.behave('hang')
    clock.advance(minutes(20))
    const request = issuer.nextRequest()
    expect(await verify(good())).toBe('ok')
    expect(events).toHaveLength(2)
    await request
    issuer.release()
  })

  it('(for ever, before or within its answer): gives up after its time limit', async () => {
    const dripping = await startIssuer()
    issuer.behave('hang')
    dripping.behave('drip')
    const other = verifierFor(dripping, clock, {}, { onEvent: (event) => events.push(event) })
    const outcomes = [verify(good()), outcomeOf(other.verify(goodToken(dripping, clock), signal))]
    expect(await Promise.all(outcomes)).toEqual(['keys_unavailable', 'keys_unavailable'])
    for (const event of events)
      expect(event).toMatchObject({ kind: 'keys_not_fetched', reason: expect.stringMatching(/timeout/) })
    expect(events).toHaveLength(2)
    await dripping.close()
  })

  it('at a cold start answers that nobody can say, asks every 5 s, and recovers', async () => {
    issuer.behave('fail')
    for (let second = 0; second < 10; second++) {
      expect(await verify(good())).toBe('keys_unavailable')
      clock.advance(1000)
    }
    expect(issuer.requests).toBe(2)
    issuer.behave('well')
    expect(await verify(good())).toBe('ok')
  })

  it('shares one request among all who come at a cold start', async () => {
    expect(await many(50, () => verify(good()))).toEqual(allOk(50))
    expect(issuer.requests).toBe(1)
  })

  const start = () => Date.parse('2026-11-20T10:00:00Z')
})

describe('what an issuer publishes', () => {
  it('is used only where it can verify a signature', async () => {
    const encryption = newKey('ES256', 'enc')
    const secret = { kty: 'oct', k: 'c2VjcmV0', kid: 'oct', alg: 'HS256' }
    issuer.publish({ ...encryption.jwk, use: 'enc' }, secret, 7 as never, { kty: 'EC' }, issuer.key.jwk)
    expect(await verify(good(encryption))).toBe('invalid')
    expect(await verify(good())).toBe('ok')
    expect(events).toEqual([{ kind: 'keys_fetched', url: issuer.jwks, kids: [issuer.key.kid] }])
  })

  it('is used even when a private part was published by mistake', async () => {
    const jwk = issuer.key.privateKey.export({ format: 'jwk' })
    issuer.publish({ ...jwk, kid: issuer.key.kid, use: 'sig' })
    expect(await verify(good())).toBe('ok')
  })

  it('is not tried out: without a kid there has to be one key that fits', async () => {
    const withoutKid = (key = issuer.key) => compact({ alg: key.alg, typ: 'at+jwt' }, goodClaims(issuer, clock), key)
    const first = issuer.rotate({ alg: 'EdDSA' })
    expect(await verify(withoutKid())).toBe('ok')
    issuer.rotate({ alg: 'EdDSA' })
    clock.advance(minutes(11))
    expect([await verify(withoutKid()), await verify(withoutKid(first))]).toEqual(['invalid', 'invalid'])
  })

  it('may be spelled EdDSA or Ed25519 (RFC 9864)', async () => {
    const key = issuer.rotate({ alg: 'EdDSA' })
    issuer.publish({ ...key.jwk, alg: 'Ed25519' })
    expect(await verify(good())).toBe('ok')
    expect(await verify(compact({ alg: 'Ed25519', typ: 'at+jwt', kid: key.kid }, goodClaims(issuer, clock), key))).toBe(
      'ok',
    )
  })
})
