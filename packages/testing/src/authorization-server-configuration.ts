import { randomBytes } from 'node:crypto'

/** What tokens say about somebody beside the claims that every token has. */
export type Claims = Readonly<Record<string, unknown>>

export interface AuthorizationServerOptions {
  /** The servers it issues tokens for: audience to scopes, separated by spaces. */
  readonly resources: Readonly<Record<string, string>>
  /** The people who may log in. */
  readonly users?: Readonly<Record<string, Claims>>
  /** The programs that get tokens for themselves, by client credentials. */
  readonly services?: Readonly<Record<string, Claims>>
  /** True: tokens that nobody but their issuer can read (RFC 7662). Default: JWTs of RFC 9068. */
  readonly opaque?: boolean
  /** Client ID Metadata Documents by their https URL, which it would fetch from the network. */
  readonly clientDocuments?: Readonly<Record<string, object>>
  /** Lifetime of access tokens in seconds; default 300. */
  readonly ttlSeconds?: number
}

/** Of every client that has one. */
export const clientSecret = 'a secret of the tests'
/** The client through which `token` logs users in. */
export const userClient = 'browser-app'
/** A public client that somebody entered by hand, as many companies do it. */
export const registeredClient = 'registered-by-hand'
export const redirectUri = 'http://127.0.0.1/callback'

/** A private JWK. */
export type SigningKey = Claims

/** Of oidc-provider: everything an MCP client needs (PKCE, resource indicators, all ways to register), and no more. */
export function authorizationServerConfiguration(options: AuthorizationServerOptions, keys: readonly SigningKey[]) {
  const { resources, users = {}, services = {}, opaque = false, clientDocuments = {}, ttlSeconds = 300 } = options
  const scopes = [...new Set(Object.values(resources).flatMap((text) => text.split(' ')))]
  const confidential = { client_secret: clientSecret, response_types: [], redirect_uris: [] }
  return {
    jwks: { keys },
    clients: [
      { client_id: userClient, client_secret: clientSecret, redirect_uris: [redirectUri] },
      ...[...Object.keys(services), 'postern'].map((name) => ({
        ...confidential,
        client_id: name,
        grant_types: ['client_credentials'],
      })),
      { client_id: registeredClient, redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' },
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    scopes: ['openid', ...scopes],
    cookies: { keys: [randomBytes(16).toString('hex')] },
    ttl: {
      AccessToken: ttlSeconds,
      AuthorizationCode: 60,
      ClientCredentials: ttlSeconds,
      Grant: 300,
      IdToken: 300,
      Interaction: 60,
      Session: 300,
    },
    pkce: { required: () => true },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    extraTokenClaims: (_context: unknown, token: { accountId?: string; clientId: string }) =>
      users[token.accountId ?? ''] ?? services[token.clientId] ?? {},
    async fetch(url: string | URL): Promise<Response> {
      const document = clientDocuments[String(url)]
      return document === undefined ? new Response(null, { status: 404 }) : Response.json(document)
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
      registration: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: resources[resource] ?? '',
          audience: resource,
          accessTokenTTL: ttlSeconds,
          ...(opaque ? { accessTokenFormat: 'opaque' } : { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
        }),
      },
    },
  }
}
