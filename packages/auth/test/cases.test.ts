import { createHmac, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuthError, statusOf } from '../src/auth-error.ts'
import { insufficientScope, unauthorized } from '../src/challenge.ts'
import { readBearer, refuseTokenInUrl } from '../src/read-bearer.ts'
import type { Verifier } from '../src/verifier.ts'
import { audience, goodClaims, goodToken, signal, testClock, verifierFor } from './setting.ts'
import { base64url, type Claims, compact, newKey, startIssuer, type TestIssuer } from './test-issuer.ts'

const clock = testClock()
const metadataUrl = 'https://tickets.example.com/.well-known/oauth-protected-resource/mcp'
const folder = mkdtempSync(join(tmpdir(), 'postern-auth-'))
const revoked = join(folder, 'revoked')

let issuer: TestIssuer
let verifier: Verifier
/** Receives whatever a token would make us fetch. */
const trap = createServer((_request, response) => response.end('{"keys":[]}'))
let trapUrl: string
let trapped = 0

beforeAll(async () => {
  issuer = await startIssuer()
  trap.on('request', () => trapped++)
  trap.listen(0, '127.0.0.1')
  await once(trap, 'listening')
  trapUrl = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/jwks`
  writeFileSync(revoked, '# revoked\nrevoked-1\n\nsub:leaver\n')
  verifier = verifierFor(issuer, clock, {
    revoked,
    other_environments: [
      {
        name: 'staging',
        issuer: 'https://id.staging.example.com/',
        audience: 'https://tickets.staging.example.com/mcp',
      },
    ],
  })
})
afterAll(async () => {
  await issuer.close()
  trap.close()
  rmSync(folder, { recursive: true })
})

const token = (changes: Claims = {}) => goodToken(issuer, clock, changes)
const claims = (changes: Claims = {}) => goodClaims(issuer, clock, changes)
const header = (changes: Claims = {}) => ({ alg: 'ES256', typ: 'at+jwt', kid: issuer.key.kid, ...changes })
const withHeader = (changes: Claims, payload = claims()) => compact(header(changes), payload, issuer.key)
const bearer = (text: string) => ['Host', 'tickets.example.com', 'Authorization', `Bearer ${text}`]
const without = (name: string) => Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name))
const signedText = (payload: string) => compact(header(), payload, issuer.key)

/** The way of a request through this package, as the HTTP edge takes it. */
async function authenticate(rawHeaders: readonly string[], url = '/mcp') {
  refuseTokenInUrl(url)
  return verifier.verify(readBearer(rawHeaders), signal)
}

async function refusal(rawHeaders: readonly string[], url?: string): Promise<AuthError> {
  const error = await authenticate(rawHeaders, url).catch((thrown: unknown) => thrown)
  if (!(error instanceof AuthError)) throw new Error(`not refused: ${inspect(error)}`)
  return error
}

describe('accepted', () => {
  it.each<[string, () => readonly string[]]>([
    ['a good token', () => bearer(token())],
    ['our audience among several', () => bearer(token({ aud: ['https://other.example.com/', audience] }))],
    ['expired within the skew', () => bearer(token({ exp: clock.seconds() - 4 }))],
    ['not yet valid within the skew', () => bearer(token({ nbf: clock.seconds() + 4, iat: clock.seconds() + 4 }))],
    [
      'more scopes than anything needs',
      () => bearer(token({ scope: 'openid email profile tickets:read tickets:admin' })),
    ],
    ['the scheme in lower case', () => ['authorization', `bearer ${token()}`]],
    ['typ in its long form', () => bearer(withHeader({ typ: 'application/AT+JWT' }))],
    ['no kid where there is only one key', () => bearer(withHeader({ kid: undefined }))],
  ])('%s', async (_case, rawHeaders) => {
    expect(await authenticate(rawHeaders())).toMatchObject({ issuer: issuer.issuer, subject: 'user-1', tenant: 'acme' })
  })

  it('a token of a rotated key, and while the issuer is down a token of a known key', async () => {
    const elsewhere = await startIssuer()
    const apart = verifierFor(elsewhere, clock)
    await apart.verify(goodToken(elsewhere, clock), signal)
    elsewhere.rotate()
    clock.advance(30_000)
    const rotated = goodToken(elsewhere, clock)
    expect(await apart.verify(rotated, signal)).toMatchObject({ subject: 'user-1' })
    elsewhere.behave('fail')
    clock.advance(11 * 60_000)
    expect(await apart.verify(goodToken(elsewhere, clock), signal)).toMatchObject({ subject: 'user-1' })
    await elsewhere.close()
  })

  it('the same token from a second connection: a bearer token proves nothing about who carries it', async () => {
    const again = token()
    expect(await authenticate(bearer(again))).toBe(await authenticate(bearer(again)))
  })
})

describe('refused with 401', () => {
  const hmac = (secret: string | Buffer) => {
    const signed = `${base64url(JSON.stringify(header({ alg: 'HS256' })))}.${base64url(JSON.stringify(claims()))}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  const flip = (part: string) => `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`
  const parts = (text: string) => text.split('.') as [string, string, string]
  const stranger = newKey('ES256')
  const rsa = newKey('RS256', 'rsa')

  it.each<[string, AuthError['kind'], () => readonly string[], string?]>([
    // No credential, or not one.
    ['no Authorization', 'missing', () => ['Host', 'x']],
    ['another scheme', 'missing', () => ['Authorization', `Basic ${base64url('a:b')}`]],
    ['a token in the query', 'malformed', () => bearer(token()), '/mcp?access_token=abc'],
    ['a token in an encoded query', 'malformed', () => [], '/mcp?x=1&%61ccess_token=abc'],
    ['two Authorization headers', 'malformed', () => [...bearer(token()), 'authorization', `Bearer ${token()}`]],
    ['two tokens in one header', 'malformed', () => bearer(`${token()}, Bearer ${token()}`)],
    ['something behind the token', 'malformed', () => bearer(`${token()} x`)],
    ['an empty token', 'malformed', () => bearer('')],
    ['no JWT', 'malformed', () => bearer('opaque-token')],

    // Algorithms and keys chosen by the token.
    [
      'alg none',
      'invalid',
      () => bearer(`${base64url('{"alg":"none","typ":"at+jwt"}')}.${base64url(JSON.stringify(claims()))}.AA`),
    ],
    [
      'alg none without a signature',
      'malformed',
      () => bearer(`${base64url('{"alg":"none"}')}.${base64url(JSON.stringify(claims()))}.`),
    ],
    ['alg in another spelling', 'invalid', () => bearer(withHeader({ alg: 'es256' }))],
    ['the public key as a shared secret', 'invalid', () => bearer(hmac(JSON.stringify(issuer.key.jwk)))],
    ['a symmetric algorithm', 'invalid', () => bearer(hmac('secret'))],
    ['an algorithm that is not allowed', 'invalid', () => bearer(withHeader({ alg: 'ES512' }))],
    ['an algorithm of another key type', 'invalid', () => bearer(compact(header({ alg: 'RS256' }), claims(), rsa))],
    ['a key in the token', 'invalid', () => bearer(compact(header({ jwk: stranger.jwk }), claims(), stranger))],
    ['a key by URL', 'invalid', () => bearer(withHeader({ jku: trapUrl }))],
    ['a certificate by URL', 'invalid', () => bearer(withHeader({ x5u: trapUrl }))],
    ['a certificate in the token', 'invalid', () => bearer(withHeader({ x5c: ['MIIB'] }))],
    ['an unknown kid', 'invalid', () => bearer(compact(header({ kid: 'nobody' }), claims(), stranger))],
    ['the kid of another key', 'invalid', () => bearer(compact(header(), claims(), stranger))],
    ['a hostile kid', 'invalid', () => bearer(withHeader({ kid: '../../../dev/null' }))],
    ['a kid from the prototype', 'invalid', () => bearer(withHeader({ kid: '__proto__' }))],
    ['a kid that is no text', 'invalid', () => bearer(withHeader({ kid: { $ne: '' } }))],
    ['a huge kid', 'invalid', () => bearer(withHeader({ kid: 'k'.repeat(300) }))],
    ['a critical header', 'invalid', () => bearer(withHeader({ crit: ['exp'] }))],
    ['an unencoded payload', 'invalid', () => bearer(withHeader({ b64: false, crit: ['b64'] }))],

    // Signature and serialisation.
    [
      'an altered payload',
      'invalid',
      () => {
        const [head, , signature] = parts(token())
        return bearer(`${head}.${base64url(JSON.stringify(claims({ groups: ['admin'] })))}.${signature}`)
      },
    ],
    [
      'an altered signature',
      'invalid',
      () => {
        const [head, payload, signature] = parts(token())
        return bearer(`${head}.${payload}.${flip(signature)}`)
      },
    ],
    [
      'a truncated signature',
      'invalid',
      () => {
        const [head, payload, signature] = parts(token())
        return bearer(`${head}.${payload}.${signature.slice(0, 40)}`)
      },
    ],
    [
      'a signature of zeros',
      'invalid',
      () => {
        const [head, payload] = parts(token())
        return bearer(`${head}.${payload}.${base64url(new Uint8Array(64))}`)
      },
    ],
    ['an encrypted token', 'malformed', () => bearer(`${base64url('{"alg":"dir","enc":"A128GCM"}')}..AA.AA.AA`)],
    ['JSON serialisation', 'malformed', () => bearer(JSON.stringify({ payload: 'e30', signatures: [] }))],
    ['an oversized token', 'malformed', () => bearer(token({ filler: 'x'.repeat(9000) }))],
    [
      'stray bits in the signature',
      'malformed',
      () => {
        const [head, payload, signature] = parts(token())
        const last = signature.at(-1) ?? 'A'
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
        return bearer(`${head}.${payload}.${signature.slice(0, -1)}${alphabet[alphabet.indexOf(last) + 1]}`)
      },
    ],
    ['padding', 'malformed', () => bearer(`${token()}==`)],
    ['standard base64', 'malformed', () => bearer(token().replace(/\.[^.]+$/, `.${'+/'.repeat(43)}`))],
    ['a payload that is no object', 'malformed', () => bearer(signedText('[1]'))],
    [
      'a payload that is not UTF-8',
      'malformed',
      () => bearer(compact(header(), Buffer.from(JSON.stringify(claims({ sub: 'é' })), 'latin1'), issuer.key)),
    ],

    // Issuer and audience.
    ['an issuer with a slash more', 'invalid', () => bearer(token({ iss: `${issuer.issuer}/` }))],
    ['an issuer in capitals', 'invalid', () => bearer(token({ iss: issuer.issuer.toUpperCase() }))],
    ['no issuer', 'invalid', () => bearer(compact(header(), without('iss'), issuer.key))],
    ['an issuer that is no text', 'invalid', () => bearer(token({ iss: [issuer.issuer] }))],
    ['the audience of another server', 'invalid', () => bearer(token({ aud: 'https://knowledge.example.com/mcp' }))],
    ['an audience with a slash more', 'invalid', () => bearer(token({ aud: `${audience}/` }))],
    ['an audience that starts like ours', 'invalid', () => bearer(token({ aud: `${audience}.evil.example` }))],
    ['no audience', 'invalid', () => bearer(compact(header(), without('aud'), issuer.key))],
    ['an audience that is no text', 'invalid', () => bearer(token({ aud: { [audience]: true } }))],
    [
      'an upstream token',
      'invalid',
      () => bearer(token({ iss: 'https://api.upstream.example/', aud: 'https://api.upstream.example/' })),
    ],
    [
      'another environment by issuer',
      'other_environment',
      () => bearer(token({ iss: 'https://id.staging.example.com/' })),
    ],
    [
      'another environment by audience',
      'other_environment',
      () => bearer(token({ aud: ['https://tickets.staging.example.com/mcp'] })),
    ],
    ['a development token', 'other_environment', () => bearer(token({ iss: 'urn:postern:development:abc' }))],

    // Time.
    ['no exp', 'invalid', () => bearer(compact(header(), without('exp'), issuer.key))],
    ['expired', 'expired', () => bearer(token({ exp: clock.seconds() - 5 }))],
    ['not yet valid', 'invalid', () => bearer(token({ nbf: clock.seconds() + 6 }))],
    ['issued in the future', 'invalid', () => bearer(token({ iat: clock.seconds() + 6 }))],
    ['no iat', 'invalid', () => bearer(compact(header(), without('iat'), issuer.key))],
    ['exp as a text', 'invalid', () => bearer(token({ exp: String(clock.seconds() + 300) }))],
    [
      'exp that is not finite',
      'invalid',
      () => bearer(signedText(JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e400'))),
    ],
    ['exp that is not whole', 'invalid', () => bearer(token({ exp: clock.seconds() + 0.5 }))],
    ['nbf as a text', 'invalid', () => bearer(token({ nbf: '0' }))],

    // Type and subject.
    ['an ID token', 'invalid', () => bearer(withHeader({ typ: 'JWT' }))],
    ['no typ', 'invalid', () => bearer(withHeader({ typ: undefined }))],
    ['a logout token', 'invalid', () => bearer(withHeader({ typ: 'logout+jwt' }))],
    ['a refresh token by its payload', 'invalid', () => bearer(token({ typ: 'Refresh' }))],
    ['a security event', 'invalid', () => bearer(token({ events: {} }))],
    ['no subject', 'invalid', () => bearer(compact(header(), without('sub'), issuer.key))],
    ['an empty subject', 'invalid', () => bearer(token({ sub: '' }))],
    ['a huge subject', 'invalid', () => bearer(token({ sub: 's'.repeat(256) }))],
    ['a number as subject', 'invalid', () => bearer(token({ sub: 7 }))],
    ['a claim twice', 'malformed', () => bearer(signedText(JSON.stringify(claims()).replace('{', '{"sub":"admin",')))],
    [
      'a claim twice in disguise',
      'malformed',
      () => bearer(signedText(JSON.stringify(claims()).replace('{', '{"\\u0073ub":"admin",'))),
    ],
    [
      'a header twice',
      'malformed',
      () => bearer(compact(JSON.stringify(header()).replace('{', '{"alg":"none",'), claims(), issuer.key)),
    ],
    ['no tenant', 'invalid', () => bearer(compact(header(), without('org'), issuer.key))],
    ['roles of another form', 'invalid', () => bearer(token({ groups: { admin: true } }))],

    // Ended early, or bound to somebody.
    ['a revoked token', 'revoked', () => bearer(token({ jti: 'revoked-1' }))],
    ['a person who has left', 'revoked', () => bearer(token({ sub: 'leaver' }))],
    ['bound to a key of its sender', 'invalid', () => bearer(token({ cnf: { jkt: 'x' } }))],
  ])('%s', async (_case, kind, rawHeaders, url) => {
    const sent = rawHeaders()
    const error = await refusal(sent, url)
    expect(error.kind, error.detail).toBe(kind)
    expect(statusOf(error)).toBe(401)
    expect(unauthorized(metadataUrl, ['tickets:read'], error)).toBe(
      kind === 'missing'
        ? `Bearer scope="tickets:read", resource_metadata="${metadataUrl}"`
        : `Bearer error="invalid_token", error_description="The access token is invalid, expired or not meant for this server", scope="tickets:read", resource_metadata="${metadataUrl}"`,
    )
    const logged = inspect(error, { depth: 9, showHidden: true })
    for (const text of sent) if (text.length > 30) expect(logged).not.toContain(text.slice(-20))
  })

  it('names the environment a token belongs to, for the security event', async () => {
    const error = await refusal(bearer(token({ iss: 'https://id.staging.example.com/' })))
    expect(error.otherEnvironment).toBe('staging')
  })

  it('never fetches what a token points at', () => {
    expect(trapped).toBe(0)
  })

  it('keeps what a token says short and on one line in the log', async () => {
    const { detail } = await refusal(bearer(token({ iss: `x\n${'y'.repeat(5000)}` })))
    expect(detail).not.toContain('\n')
    expect(detail.length).toBeLessThan(200)
  })

  it('a key too weak to trust', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const weak = {
      alg: 'RS256',
      kid: 'weak',
      privateKey,
      jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'weak' },
    } as const
    const elsewhere = await startIssuer()
    elsewhere.publish(weak.jwk)
    const error = await verifierFor(elsewhere, clock)
      .verify(goodToken(elsewhere, clock, {}, weak), signal)
      .catch((e: unknown) => e)
    expect(error).toMatchObject({ kind: 'invalid' })
    await elsewhere.close()
  })
})

describe('503', () => {
  it('when the keys cannot be fetched at a cold start', async () => {
    const elsewhere = await startIssuer()
    elsewhere.behave('fail')
    const error = await verifierFor(elsewhere, clock)
      .verify(goodToken(elsewhere, clock), signal)
      .catch((e: unknown) => e)
    expect(error).toMatchObject({ kind: 'keys_unavailable' })
    expect(statusOf(error as AuthError)).toBe(503)
    await elsewhere.close()
  })
})

describe('403', () => {
  it('names every scope the operation needs in one challenge', () => {
    expect(insufficientScope(['tickets:read', 'tickets:write'], metadataUrl)).toBe(
      `Bearer error="insufficient_scope", error_description="The access token lacks a scope this operation needs", scope="tickets:read tickets:write", resource_metadata="${metadataUrl}"`,
    )
  })
})
