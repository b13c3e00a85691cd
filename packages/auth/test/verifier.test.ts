import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuthEvent } from '../src/accepted-issuers.ts'
import { goodClaims, goodToken, outcomeOf, signal, testClock, verifierFor } from './setting.ts'
import { type Claims, compact, newKey, startIssuer, type TestIssuer } from './test-issuer.ts'

let issuer: TestIssuer
let clock: ReturnType<typeof testClock>
let folder: string

beforeEach(async () => {
  issuer = await startIssuer()
  clock = testClock()
  folder = mkdtempSync(join(tmpdir(), 'postern-auth-'))
})
afterEach(async () => {
  await issuer.close()
  rmSync(folder, { recursive: true })
})

describe('the principal', () => {
  const principalOf = (changes: Claims, section: Claims = {}) =>
    verifierFor(issuer, clock, section).verify(goodToken(issuer, clock, changes), signal)

  it('says what the token says', async () => {
    expect(await principalOf({ jti: 'token-1' })).toEqual({
      issuer: issuer.issuer,
      subject: 'user-1',
      tenant: 'acme',
      kind: 'user',
      clientId: 'agent-app',
      credentialId: 'token-1',
      issuedAt: clock.seconds(),
      expiresAt: clock.seconds() + 300,
      scopes: ['tickets:read', 'tickets:write', 'openid'],
      roles: ['support-agent'],
      attributes: { projects: ['OPS', 'WEB'] },
      purposes: ['support'],
      readOnly: false,
    })
  })

  it('cannot be changed by anybody it is given to', async () => {
    const principal = await principalOf({})
    for (const part of [
      principal,
      principal.scopes,
      principal.roles,
      principal.attributes,
      principal.attributes['projects'],
      principal.purposes,
    ])
      expect(Object.isFrozen(part)).toBe(true)
  })

  it.each<[string, Claims, Claims, Claims]>([
    ['a client that acts for itself is a service', { sub: 'agent-app' }, {}, { kind: 'service' }],
    [
      'azp stands in for client_id',
      { client_id: undefined, azp: 'user-1' },
      {},
      { kind: 'service', clientId: 'user-1' },
    ],
    [
      'a claim tells services apart',
      { idtyp: 'app' },
      { claims: { tenant: 'org', kind: 'idtyp' } },
      { kind: 'service' },
    ],
    [
      'a claim outweighs the comparison',
      { sub: 'agent-app', idtyp: 'user' },
      { claims: { tenant: 'org', kind: 'idtyp' } },
      { kind: 'user' },
    ],
    [
      'without the claim that tells them apart, nobody is a person',
      {},
      { claims: { tenant: 'org', kind: 'idtyp' } },
      { kind: 'service' },
    ],
    [
      'somebody acts on behalf of somebody',
      { act: { sub: 'robot', act: { sub: 'earlier' } } },
      {},
      { kind: 'user', subject: 'user-1', actor: 'robot' },
    ],
    ['scopes in a list', { scope: undefined, scp: ['a:b', 'c:d'] }, {}, { scopes: ['a:b', 'c:d'] }],
    ['scopes in both claims', { scope: 'a:b', scp: 'a:b c:d' }, {}, { scopes: ['a:b', 'c:d'] }],
    [
      'scopes in a claim of another name',
      { perms: ['x:y'] },
      { claims: { tenant: 'org', scopes: 'perms' } },
      { scopes: ['x:y'] },
    ],
    [
      'no scopes, roles, purpose or attributes',
      { scope: undefined, groups: undefined, purpose: undefined, projects: undefined },
      {},
      { scopes: [], roles: [], purposes: [], attributes: {} },
    ],
    ['several purposes', { purpose: ['support', 'incident'] }, {}, { purposes: ['support', 'incident'] }],
    [
      'roles inside another claim',
      { realm_access: { roles: ['r'] } },
      { claims: { tenant: 'org', roles: 'realm_access.roles' } },
      { roles: ['r'] },
    ],
    [
      'a claim named by a URL',
      { 'https://example.com/roles': ['r'] },
      { claims: { tenant: 'org', roles: 'https://example.com/roles' } },
      { roles: ['r'] },
    ],
    ['a caller who may only read', { ro: true }, { claims: { tenant: 'org', read_only: 'ro' } }, { readOnly: true }],
    ['no jti', { jti: undefined }, {}, { credentialId: expect.stringMatching(/^sha256:[\w-]{16}$/) }],
  ])('%s', async (_case, changes, section, expected) => {
    expect(await principalOf(changes, section)).toMatchObject(expected)
  })

  it('has the one tenant of its issuer where the file says so', async () => {
    const issuers = [{ issuer: issuer.issuer, jwks: issuer.jwks, tenant: 'only' }]
    expect(await principalOf({ org: 'other' }, { issuers })).toMatchObject({ tenant: 'only' })
  })

  it.each<[string, Claims, Claims]>([
    ['a tenant that is no text', { org: 7 }, {}],
    ['an empty tenant', { org: '' }, {}],
    ['a list of numbers as roles', { groups: [1] }, {}],
    ['an attribute that is an object', { projects: { OPS: true } }, {}],
    ['a purpose that is null', { purpose: null }, {}],
    ['scopes that are an object', { scope: {} }, {}],
    ['an actor without a name', { act: {} }, {}],
    ['an actor that is a text', { act: 'robot' }, {}],
    ['read_only as a text', { ro: 'true' }, { claims: { tenant: 'org', read_only: 'ro' } }],
    ['a kind nobody knows', { idtyp: 'god' }, { claims: { tenant: 'org', kind: 'idtyp' } }],
    ['a claim of the prototype as tenant', {}, { claims: { tenant: 'constructor.name' } }],
  ])('is refused with %s, rather than read as nothing', async (_case, changes, section) => {
    expect(await outcomeOf(principalOf(changes, section))).toBe('invalid')
  })
})

describe('typ: any', () => {
  const outcome = (header: Claims, changes: Claims = {}) => {
    const issuers = [{ issuer: issuer.issuer, jwks: issuer.jwks, typ: 'any' }]
    const token = compact(
      { alg: 'ES256', kid: issuer.key.kid, ...header },
      goodClaims(issuer, clock, changes),
      issuer.key,
    )
    return outcomeOf(verifierFor(issuer, clock, { issuers }).verify(token, signal))
  }
  it('takes access tokens that are not marked as such, and no other kind of token', async () => {
    for (const typ of ['at+jwt', 'JWT', undefined]) expect(await outcome({ typ })).toBe('ok')
    for (const typ of ['logout+jwt', 'dpop+jwt', '', 7]) expect(await outcome({ typ })).toBe('invalid')
    for (const inside of [{ typ: 'Bearer' }, { token_use: 'access' }]) expect(await outcome({}, inside)).toBe('ok')
    for (const inside of [{ typ: 'ID' }, { typ: 'Refresh' }, { token_use: 'id' }, { typ: 7 }])
      expect(await outcome({}, inside)).toBe('invalid')
  })
})

describe('several issuers', () => {
  it('are never taken for one another', async () => {
    const second = await startIssuer()
    const issuers = [issuer, second].map(({ issuer, jwks }) => ({ issuer, jwks }))
    const verifier = verifierFor(issuer, clock, { issuers })
    expect(await outcomeOf(verifier.verify(goodToken(second, clock), signal))).toBe('ok')
    const forged = compact({ alg: 'ES256', typ: 'at+jwt', kid: second.key.kid }, goodClaims(issuer, clock), second.key)
    expect(await outcomeOf(verifier.verify(forged, signal))).toBe('invalid')
    await second.close()
  })
})

describe('the cache', () => {
  it('gives the same principal for five minutes, and never longer than the token lives', async () => {
    const verifier = verifierFor(issuer, clock)
    const long = goodToken(issuer, clock, { exp: clock.seconds() + 3600 })
    const short = goodToken(issuer, clock, { exp: clock.seconds() + 60 })
    const first = await verifier.verify(long, signal)
    await verifier.verify(short, signal)
    clock.advance(299_999)
    expect(await verifier.verify(long, signal)).toBe(first)
    clock.advance(1)
    expect(await verifier.verify(long, signal)).not.toBe(first)
    expect(await outcomeOf(verifier.verify(short, signal))).toBe('expired')
  })

  it('forgets everything when told so', async () => {
    const verifier = verifierFor(issuer, clock)
    const token = goodToken(issuer, clock)
    const first = await verifier.verify(token, signal)
    verifier.invalidate()
    expect(await verifier.verify(token, signal)).not.toBe(first)
  })

  it('shares one verification among concurrent callers, of whom each may leave', async () => {
    const verifier = verifierFor(issuer, clock)
    issuer.behave('hang')
    const request = issuer.nextRequest()
    const leaving = new AbortController()
    const token = goodToken(issuer, clock)
    const left = verifier.verify(token, leaving.signal)
    const stays = [verifier.verify(token, signal), verifier.verify(token, signal)]
    leaving.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    await request
    issuer.release()
    const [one, other] = await Promise.all(stays)
    expect(one).toBe(other)
    await expect(verifier.verify(goodToken(issuer, clock), AbortSignal.abort(new Error('gone')))).rejects.toThrow(
      'gone',
    )
  })

  it('gives nobody what was begun before it was told to forget', async () => {
    const verifier = verifierFor(issuer, clock)
    issuer.behave('hang')
    const request = issuer.nextRequest()
    const token = goodToken(issuer, clock)
    const before = verifier.verify(token, signal)
    await request
    verifier.invalidate()
    const after = verifier.verify(token, signal)
    issuer.release()
    expect(await after).not.toBe(await before)
    expect(await verifier.verify(token, signal)).toBe(await after)
  })

  it('does not keep failures', async () => {
    const verifier = verifierFor(issuer, clock)
    const token = goodToken(issuer, clock, { nbf: clock.seconds() + 60 })
    expect(await outcomeOf(verifier.verify(token, signal))).toBe('invalid')
    clock.advance(60_000)
    expect(await outcomeOf(verifier.verify(token, signal))).toBe('ok')
  })
})

describe('the revocation list', () => {
  const put = (path: string, text: string) => {
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }

  it('ends a cached token within a second of being changed, and stays in force when it cannot be read', async () => {
    const path = join(folder, 'revoked')
    const events: AuthEvent[] = []
    put(path, '')
    const verifier = verifierFor(issuer, clock, { revoked: path }, { onEvent: (event) => events.push(event) })
    const token = goodToken(issuer, clock, { jti: 'token-1' })
    const outcome = () => outcomeOf(verifier.verify(token, signal))
    expect(await outcome()).toBe('ok')

    put(path, '# stolen\r\ntoken-1\r\n')
    clock.advance(1000)
    expect(await outcome()).toBe('revoked')

    rmSync(path)
    clock.advance(1000)
    expect(await outcome()).toBe('revoked')
    clock.advance(1000)
    expect(await outcome()).toBe('revoked')
    expect(events.filter(({ kind }) => kind === 'revocations_not_read')).toEqual([
      { kind: 'revocations_not_read', path, reason: 'does not exist' },
    ])

    put(path, 'token-2\n')
    clock.advance(1000)
    expect(await outcome()).toBe('ok')
  })

  it('ends a token without jti by the credential id that is shown for it', async () => {
    const path = join(folder, 'revoked')
    put(path, '')
    const verifier = verifierFor(issuer, clock, { revoked: path })
    const token = goodToken(issuer, clock, { jti: undefined })
    put(path, (await verifier.verify(token, signal)).credentialId)
    clock.advance(1000)
    expect(await outcomeOf(verifier.verify(token, signal))).toBe('revoked')
  })

  it('has to be there at the start', () => {
    const path = join(folder, 'none')
    expect(() => verifierFor(issuer, clock, { revoked: path })).toThrow(
      `identity.revoked: ${path} does not exist. Create it, empty if need be.`,
    )
  })
})

describe('other environments', () => {
  it('are told apart by audience where they share our issuer', async () => {
    const staging = { name: 'staging', issuer: issuer.issuer, audience: 'https://tickets.staging.example.com/mcp' }
    const verifier = verifierFor(issuer, clock, { other_environments: [staging] })
    expect(await outcomeOf(verifier.verify(goodToken(issuer, clock), signal))).toBe('ok')
    expect(await outcomeOf(verifier.verify(goodToken(issuer, clock, { aud: staging.audience }), signal))).toBe(
      'other_environment',
    )
  })

  it('are named before any key is asked for', async () => {
    const verifier = verifierFor(issuer, clock)
    await outcomeOf(
      verifier.verify(goodToken(issuer, clock, { iss: 'https://id.staging.example.com/' }, newKey()), signal),
    )
    expect(issuer.requests).toBe(0)
  })
})
