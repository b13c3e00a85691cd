/// <reference path="./oidc-provider.d.ts" />
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type Provider from 'oidc-provider'
import {
  type AuthorizationServerOptions,
  authorizationServerConfiguration,
  clientSecret,
  redirectUri,
  type SigningKey,
  userClient,
} from './authorization-server-configuration.ts'
import { interact } from './authorization-server-interaction.ts'
import { authorizationCode } from './browser.ts'

/** A real authorization server on the loopback interface, which asks nobody anything. It needs no network. */
export interface AuthorizationServer {
  readonly issuer: string
  /** Where its public keys stand. */
  readonly jwks: string
  /** Where it answers about opaque tokens; `introspectionClient` may ask. */
  readonly introspection: string
  readonly introspectionClient: { readonly id: string; readonly secret: string }
  /** How often its keys were asked for until now. */
  readonly keyRequests: number
  /** A token for a user (authorization code with PKCE, through a browser) or a service (client credentials). */
  token(name: string, options?: { scope?: string; resource?: string }): Promise<string>
  /** Signs with a new key from now on. The old ones stay published. */
  rotate(): void
  /** Resets every connection from now on, as a machine does that is down. */
  goDown(): void
  comeBack(): void
  stop(): Promise<void>
}

export async function authorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  // The module costs half a second, which only tests that need it should pay.
  const { default: OidcProvider } = await import('oidc-provider')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const keys = [signingKey()]
  let provider: Provider
  let handle: ReturnType<Provider['callback']>
  let isDown = false
  let keyRequests = 0

  function begin(): void {
    // It warns of what a test wants: keys in memory, and http.
    const { warn, info } = console
    console.warn = console.info = () => {}
    provider = new OidcProvider(issuer, authorizationServerConfiguration(options, keys))
    handle = provider.callback()
    Object.assign(console, { warn, info })
  }
  begin()

  server.on('request', (request, response) => {
    if (isDown) return request.socket.destroy()
    if (request.url === '/jwks') keyRequests++
    if (!request.url?.startsWith('/interaction/')) return handle(request, response)
    interact(provider, request, response).catch((error: Error) => response.destroy(error))
  })

  const firstResource = Object.keys(options.resources)[0] ?? ''
  return {
    issuer,
    jwks: `${issuer}/jwks`,
    introspection: `${issuer}/token/introspection`,
    introspectionClient: { id: 'postern', secret: clientSecret },
    get keyRequests() {
      return keyRequests
    },
    async token(name, { resource = firstResource, scope = options.resources[resource] ?? '' } = {}) {
      const isUser = Object.hasOwn(options.users ?? {}, name)
      const client = isUser ? userClient : name
      const form = isUser
        ? await authorizationCode({ issuer, client, redirectUri, scope, resource, user: name })
        : { grant_type: 'client_credentials', scope, resource }
      return accessToken(`${issuer}/token`, client, form)
    },
    rotate() {
      keys.unshift(signingKey())
      begin()
    },
    goDown() {
      isDown = true
    },
    comeBack() {
      isDown = false
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function signingKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = randomBytes(6).toString('hex')
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }
}

async function accessToken(endpoint: string, client: string, form: Record<string, string>): Promise<string> {
  const basic = `${encodeURIComponent(client)}:${encodeURIComponent(clientSecret)}`
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(basic).toString('base64')}` },
    body: new URLSearchParams(form),
  })
  const { access_token: token, error_description: problem } = (await answer.json()) as Record<string, string>
  if (token === undefined) throw new Error(`${client} got no token: ${problem ?? answer.status}`)
  return token
}
