import { type Guarded, leapingClock, startGuarded } from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, call, outcomeOf } from './identity.ts'
import { betweenRotationsMs, rotateKeys } from './rotate-keys.prove.ts'

describe('the keys of an issuer', () => {
  let place: Guarded
  beforeAll(async () => {
    place = await startGuarded({
      server: 'tickets',
      scopes: 'tickets:read tickets:write',
      users: { ada },
      changes: { 'limits.principal': '100000/min' },
    })
  })
  afterAll(() => place?.stop())

  const outcome = async (token: string, http = place.http) => outcomeOf(await call(http, 'whoami', {}, { token }))

  it('are asked for at most once in 30 s under a flood of tokens with unknown keys, and good tokens still pass', async () => {
    const { authorization } = place
    const good = await authorization.token('ada')
    const began = performance.now()
    expect(await outcome(good)).toBe('ok')
    for (let i = 0; i < 1000; i += 20) {
      const flood = Array.from({ length: 20 }, (_, j) => outcome(withKid(good, `unknown-${i + j}`)))
      expect(new Set(await Promise.all(flood))).toEqual(new Set(['HTTP 401']))
    }
    expect(await outcome(await authorization.token('ada'))).toBe('ok')
    expect(authorization.keyRequests).toBeLessThanOrEqual(1 + Math.floor((performance.now() - began) / 30_000))
  })

  it('go on to be used while the issuer is down, and unknown ones are refused until it is back', async () => {
    const other = await startGuarded({
      server: 'tickets',
      scopes: 'tickets:read tickets:write',
      users: { ada },
      env: leapingClock.env,
    })
    try {
      const { authorization, http } = other
      const used = (token: string) => outcome(token, http)
      const seen = await authorization.token('ada')
      const unseen = await authorization.token('ada')
      expect(await used(seen)).toBe('ok')
      authorization.rotate()
      const ofNewKey = await authorization.token('ada')
      await leapingClock.leap(http, betweenRotationsMs)
      authorization.goDown()
      expect(await used(ofNewKey)).toBe('HTTP 401')
      expect(http.stderr.text).toContain('keys_not_fetched')
      for (const token of [seen, unseen]) expect(await used(token)).toBe('ok')
      authorization.comeBack()
      await leapingClock.leap(http, betweenRotationsMs)
      expect(await used(ofNewKey)).toBe('ok')
    } finally {
      await other.stop()
    }
  })

  it('may change without notice under load, and no call fails', async () => {
    const { ok, failed, keyRequests } = await rotateKeys({ rotations: 5, leap: true })
    expect(failed).toEqual({})
    expect(ok).toBeGreaterThan(50)
    expect(keyRequests).toBe(6)
  })
})

/** The same token, except that its header names another key. */
function withKid(token: string, kid: string): string {
  const [header = '', ...rest] = token.split('.')
  const named = { ...(JSON.parse(Buffer.from(header, 'base64url').toString()) as object), kid }
  return [Buffer.from(JSON.stringify(named)).toString('base64url'), ...rest].join('.')
}
