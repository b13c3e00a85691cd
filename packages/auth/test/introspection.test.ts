import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Credentials, openCredentials } from '@postern/credentials'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AuthError } from '../src/auth-error.ts'
import type { Verifier } from '../src/verifier.ts'
import { audience, goodClaims, goodToken, outcomeOf, signal, testClock, verifierFor } from './setting.ts'
import { type Claims, startIssuer } from './test-issuer.ts'

const clientId = 'tickets server'
let folder: string
let clock: ReturnType<typeof testClock>
let server: ReturnType<typeof createServer>
let url: string
let credentials: Credentials
let verifier: Verifier
/** What the issuer knows; a token that is not here is not active. */
let known: Record<string, Claims>
let acceptedSecret: string
let asked: string[]
let answer: ((response: ServerResponse) => void) | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-auth-'))
  clock = testClock()
  known = {}
  asked = []
  answer = undefined
  acceptedSecret = 'secret:1 %'
  server = createServer((request, response) => void reply(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  writeFileSync(join(folder, 'secret'), acceptedSecret)
  const reference = { current: `file:${join(folder, 'secret')}`, next: `file:${join(folder, 'next')}` }
  credentials = await openCredentials({
    environment: 'production',
    references: { 'identity.issuers.0.introspection.client_secret': reference },
  })
  const introspection = { url: `${url}/introspect`, client_id: clientId, client_secret: reference }
  verifier = verifierFor(
    { issuer: url, jwks: '' },
    clock,
    { issuers: [{ issuer: url, introspection }] },
    { credentials },
  )
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  rmSync(folder, { recursive: true })
})

async function reply(
  request: Parameters<typeof text>[0] & { headers: Record<string, unknown> },
  response: ServerResponse,
) {
  const form = new URLSearchParams(await text(request))
  const [id, secret] = Buffer.from(String(request.headers['authorization']).replace('Basic ', ''), 'base64')
    .toString()
    .split(':')
    .map((part) => new URLSearchParams(`x=${part}`).get('x'))
  if (id !== clientId || secret !== acceptedSecret) return void response.writeHead(401).end()
  asked.push(form.get('token') ?? '')
  if (answer !== undefined) return answer(response)
  response.writeHead(200).end(JSON.stringify(known[form.get('token') ?? ''] ?? { active: false }))
}

const claims = (changes: Claims = {}): Claims => ({
  active: true,
  ...goodClaims({ issuer: url }, clock, { iss: undefined, iat: undefined, token_type: 'Bearer', ...changes }),
})
const outcome = (token: string) => outcomeOf(verifier.verify(token, signal))

describe('introspection', () => {
  it('turns an opaque token into a principal, once for a minute', async () => {
    known['opaque-1'] = claims()
    expect(await verifier.verify('opaque-1', signal)).toMatchObject({ issuer: url, subject: 'user-1', tenant: 'acme' })
    clock.advance(59_000)
    expect(await outcome('opaque-1')).toBe('ok')
    expect(asked).toEqual(['opaque-1'])
    delete known['opaque-1']
    clock.advance(1000)
    expect(await outcome('opaque-1')).toBe('invalid')
  })

  it.each<[string, string, Claims]>([
    ['not active', 'invalid', { active: false }],
    ['for another server', 'invalid', { aud: 'https://other.example.com/' }],
    ['for nobody in particular', 'invalid', { aud: undefined }],
    ['of another issuer', 'invalid', { iss: 'https://other.example.com/' }],
    ['expired', 'expired', { exp: 1 }],
    ['without an end', 'invalid', { exp: undefined }],
    ['without a subject', 'invalid', { sub: undefined }],
    ['bound to a key of its sender', 'invalid', { cnf: { jkt: 'x' } }],
    ['not a bearer token', 'invalid', { token_type: 'DPoP' }],
    ['of another environment', 'other_environment', { iss: 'https://id.staging.example.com/' }],
    ['something the issuer is not sure about', 'keys_unavailable', { active: 'true' }],
  ])('refuses a token that is %s', async (_case, kind, changes) => {
    known['opaque-1'] = claims(changes)
    expect(await outcome('opaque-1')).toBe(kind)
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['a failure', (response) => response.writeHead(500).end()],
    ['no JSON', (response) => response.writeHead(200).end('<html>opaque-1</html>')],
    ['a redirect', (response) => response.writeHead(302, { location: '/' }).end()],
    ['too much', (response) => response.writeHead(200).end(`{"active":true,"x":"${'x'.repeat(70_000)}"}`)],
    ['a closed connection', (response) => response.destroy()],
  ])('takes %s for no answer, and says nothing of it', async (_case, misbehave) => {
    answer = misbehave
    const error = await verifier.verify('opaque-1', signal).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ kind: 'keys_unavailable' })
    expect((error as AuthError).detail).not.toContain('opaque-1')
  })

  it('never shows a signed token of an issuer it does not know to anybody', async () => {
    const stranger = await startIssuer()
    expect(await outcome(goodToken(stranger, clock))).toBe('invalid')
    expect(asked).toEqual([])
    await stranger.close()
  })

  it('asks about a signed token of its own issuer instead of reading it', async () => {
    const signed = goodToken({ ...(await closedIssuer()), issuer: url }, clock)
    expect(await outcome(signed)).toBe('invalid')
    known[signed] = claims()
    expect(await outcome(signed)).toBe('ok')
  })

  it('rotates its own secret without a failed call, and fails typed when none is accepted', async () => {
    known['opaque-1'] = claims()
    writeFileSync(join(folder, 'next'), 'secret:2')
    acceptedSecret = 'secret:2'
    const outcomes = Array.from({ length: 10 }, (_, i) => {
      known[`opaque-${i}`] = claims()
      return outcome(`opaque-${i}`)
    })
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['ok']))
    acceptedSecret = 'secret:3'
    clock.advance(60_000)
    const error = await verifier.verify('opaque-1', signal).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AuthError)
    expect(error).toMatchObject({ kind: 'keys_unavailable' })
    expect((error as AuthError).detail).not.toContain('secret:2')
  })

  it('does not pass a flood on', async () => {
    const waiting: ServerResponse[] = []
    const full = Promise.withResolvers<void>()
    answer = (response) => {
      if (waiting.push(response) === 32) full.resolve()
    }
    const outcomes = Array.from({ length: 100 }, (_, i) => outcome(`made-up-${i}`))
    await full.promise
    for (const response of waiting) response.writeHead(200).end('{"active":false}')
    const counted = (await Promise.all(outcomes)).filter((kind) => kind === 'keys_unavailable')
    expect([asked.length, counted.length]).toEqual([32, 68])
    answer = undefined
    expect(await outcome('made-up')).toBe('invalid')
  })

  it('is configured for one issuer, with a secret by reference', () => {
    const of = (issuer: string) => ({
      issuer,
      introspection: { url: `${issuer}/introspect`, client_id: 'x', client_secret: 'file:/x' },
    })
    const make = (issuers: unknown[]) => verifierFor({ issuer: '', jwks: '' }, clock, { audience, issuers })
    expect(() => make([of('https://a.example'), of('https://b.example')])).toThrow(
      /only one issuer may use introspection/,
    )
    expect(() => make([of('https://a.example')])).toThrow(/needs the credentials/)
  })
})

/** An issuer that signs but no longer runs. */
async function closedIssuer() {
  const issuer = await startIssuer()
  await issuer.close()
  return issuer
}
