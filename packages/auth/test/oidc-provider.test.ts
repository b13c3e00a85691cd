import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collectReferences, openCredentials } from '@postern/credentials'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { identitySection } from '../src/identity-section.ts'
import { createVerifier, type Verifier } from '../src/verifier.ts'
import { outcomeOf, signal } from './setting.ts'
import { newKey } from './test-issuer.ts'

/** A real authorization server whose one user logs in and consents without being asked. */
let server: Server
let provider: Provider
let issuer: string
const tickets = 'https://tickets.example.com/mcp'
const knowledge = 'https://knowledge.example.com/mcp'
/** Gets opaque tokens. */
const scheduling = 'https://scheduling.example.com/mcp'
const redirectUri = 'http://127.0.0.1/callback'
const scopes = 'tickets:read tickets:write'

beforeAll(async () => {
  // It warns of its memory adapter, which is what a test wants.
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  provider = new Provider(issuer, configuration())
  const handle = provider.callback()
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/')) interact(request, response).catch((error) => response.destroy(error))
    else handle(request, response)
  })
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

function configuration() {
  const key = newKey('ES256')
  const client = { id_token_signed_response_alg: 'ES256', client_secret: 'secret' }
  return {
    jwks: { keys: [{ ...key.privateKey.export({ format: 'jwk' }), kid: key.kid, alg: 'ES256', use: 'sig' }] },
    clients: [
      { ...client, client_id: 'robot', grant_types: ['client_credentials'], response_types: [], redirect_uris: [] },
      { ...client, client_id: 'agent-app', grant_types: ['authorization_code'], redirect_uris: [redirectUri] },
    ],
    scopes: ['openid', ...scopes.split(' ')],
    cookies: { keys: [randomBytes(16).toString('hex')] },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      ClientCredentials: 300,
      Grant: 300,
      IdToken: 300,
      Interaction: 60,
      Session: 300,
    },
    pkce: { required: () => true },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    extraTokenClaims: () => ({ org: 'acme', groups: ['support-agent'], projects: ['OPS'] }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: scopes,
          audience: resource,
          accessTokenTTL: 300,
          ...(resource === scheduling
            ? { accessTokenFormat: 'opaque' }
            : { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
        }),
      },
    },
  }
}

async function interact(request: IncomingMessage, response: ServerResponse) {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login') return provider.interactionFinished(request, response, { login: { accountId: 'ada' } })
  const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: params['client_id'] ?? '' })
  grant.addOIDCScope(params['scope'] ?? '')
  grant.addResourceScope(params['resource'] ?? '', scopes)
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

async function token(client: string, form: Record<string, string>): Promise<Record<string, string>> {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${client}:secret`).toString('base64')}` },
    body: new URLSearchParams(form),
  })
  return (await answer.json()) as Record<string, string>
}

const clientCredentials = (resource: string) =>
  token('robot', { grant_type: 'client_credentials', resource, scope: 'tickets:read' })

/** Authorization code with PKCE, as a browser would follow it. */
async function authorizationCode(resource: string): Promise<Record<string, string>> {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    client_id: 'agent-app',
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: `openid ${scopes}`,
    resource,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const cookies = new Map<string, string>()
  let at = `${issuer}/auth?${query}`
  for (let step = 0; step < 10 && !at.startsWith(redirectUri); step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie } })
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      cookies.set(name, value)
    }
    at = new URL(answer.headers.get('location') ?? '', at).href
  }
  const code = new URL(at).searchParams.get('code') ?? ''
  return token('agent-app', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    resource,
  })
}

describe('tokens of a real authorization server', () => {
  let verifier: Verifier
  beforeAll(() => {
    const section = identitySection.parse({
      audience: tickets,
      issuers: [{ issuer, jwks: `${issuer}/jwks` }],
      claims: { tenant: 'org', roles: 'groups', attributes: ['projects'] },
    })
    verifier = createVerifier(section, { environment: 'production' })
  })

  it('name a service that acts for itself', async () => {
    const { access_token: text = '' } = await clientCredentials(tickets)
    expect(await verifier.verify(text, signal)).toMatchObject({
      issuer,
      subject: 'robot',
      kind: 'service',
      clientId: 'robot',
      tenant: 'acme',
      scopes: ['tickets:read'],
    })
  })

  it('name a user who logged in through a browser, with PKCE', async () => {
    const { access_token: text = '' } = await authorizationCode(tickets)
    expect(await verifier.verify(text, signal)).toMatchObject({
      subject: 'ada',
      kind: 'user',
      clientId: 'agent-app',
      roles: ['support-agent'],
      attributes: { projects: ['OPS'] },
      scopes: scopes.split(' '),
    })
  })

  it('are refused when they were issued for another server, and so is an ID token', async () => {
    const { access_token: elsewhere = '' } = await clientCredentials(knowledge)
    expect(await outcomeOf(verifier.verify(elsewhere, signal))).toBe('invalid')
    const { id_token: idToken = '' } = await authorizationCode(tickets)
    expect(idToken.split('.')).toHaveLength(3)
    expect(await outcomeOf(verifier.verify(idToken, signal))).toBe('invalid')
  })

  it('may be opaque, and are then introspected', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-auth-'))
    writeFileSync(join(folder, 'secret'), 'secret\n')
    const reference = `file:${join(folder, 'secret')}`
    const introspection = { url: `${issuer}/token/introspection`, client_id: 'robot', client_secret: reference }
    const file = { identity: { audience: scheduling, issuers: [{ issuer, introspection }], claims: { tenant: 'org' } } }
    const credentials = await openCredentials({ environment: 'production', references: collectReferences(file) })
    const opaque = createVerifier(identitySection.parse(file.identity), { environment: 'production', credentials })
    const { access_token: text = '' } = await authorizationCode(scheduling)
    expect(text).not.toContain('.')
    expect(await opaque.verify(text, signal)).toMatchObject({ issuer, subject: 'ada', kind: 'user', tenant: 'acme' })
    expect(await outcomeOf(opaque.verify('made-up', signal))).toBe('invalid')
    rmSync(folder, { recursive: true })
  })
})
