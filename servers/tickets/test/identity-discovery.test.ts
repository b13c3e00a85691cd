import { auditRecords, connectWithOAuth, type Guarded, type OAuthOptions, startGuarded } from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, describeTicket } from './identity.ts'

const document = 'https://agent.example.com/oauth/client.json'
const redirect_uris = ['http://127.0.0.1/callback']

describe('a client that knows nothing but the URL', () => {
  let place: Guarded
  beforeAll(async () => {
    place = await startGuarded({
      server: 'tickets',
      scopes: 'tickets:read tickets:write',
      users: { ada },
      clientDocuments: {
        [document]: { client_id: document, client_name: 'Agent', redirect_uris, token_endpoint_auth_method: 'none' },
      },
    })
  })
  afterAll(() => place?.stop())

  const ways: [OAuthOptions['client'], OAuthOptions['registration'], string][] = [
    ['v2-modern', { document }, document],
    ['v2-legacy', 'dynamic', ''],
    ['v1', 'dynamic', ''],
    ['v1', 'by hand', 'registered-by-hand'],
  ]

  it.each(ways)('finds its way from our 401 to a token for us: %s, registered %j', async (client, registration, id) => {
    const { http, authorization } = place
    const connected = await connectWithOAuth(http.url, { client, registration, user: 'ada' })
    // The 401 named the metadata, the metadata the authorization server, and that one everything else.
    const found = connected.requests.map((request) => request.replace(authorization.issuer, '<issuer>'))
    expect(found.slice(0, 3)).toEqual([
      `POST ${http.url.href}`,
      `GET ${new URL('/.well-known/oauth-protected-resource/mcp', http.url).href}`,
      'GET <issuer>/.well-known/oauth-authorization-server',
    ])
    expect(found.includes('POST <issuer>/reg')).toBe(registration === 'dynamic')
    expect(found).toContain('POST <issuer>/token')

    expect((await connected.listTools()).map(({ name }) => name)).toContain('create_ticket')
    const who = await connected.callTool('whoami')
    expect(who.structuredContent?.['identity']).toMatchObject({
      subject: 'ada',
      issuer: authorization.issuer,
      tenant: 'acme',
      roles: ['support-agent'],
      environment: 'staging',
    })
    expect((await connected.callTool('search_tickets', { project_key: 'OPS', limit: 1 })).isError).toBe(false)

    expect(claimsOf(connected.token())).toMatchObject({ aud: http.url.href, ...(id !== '' && { client_id: id }) })
    await connected.close()
  })

  it.each([
    ['v2-modern', { document }],
    ['v2-legacy', 'by hand'],
    ['v1', 'dynamic'],
  ] as [OAuthOptions['client'], OAuthOptions['registration']][])(
    'steps up when its person had not consented to writing: %s',
    async (client, registration) => {
      const connected = await connectWithOAuth(place.http.url, {
        client,
        registration,
        user: 'ada',
        refuse: 'tickets:write',
      })
      const create = { ...describeTicket(`Stepping up, ${client}`), idempotency_key: `step-up-${client}-01234` }
      // It is listed: a client can only ask for more when it knows that there is more.
      expect((await connected.listTools()).map(({ name }) => name)).toContain('create_ticket')
      const held = connected.token()
      const created = await connected.withConsent((face) => face.callTool('create_ticket', create))
      expect(created).toMatchObject({ isError: false, structuredContent: { status: 'ok' } })
      expect([held, connected.token()].map(scopeOf)).toEqual(['tickets:read', 'tickets:read tickets:write'])
      await connected.close()
    },
  )

  it('finds the metadata at both well-known paths, without a token and from any origin', async () => {
    const at = (path: string, method = 'GET') => fetch(new URL(path, place.http.url), { method })
    const paths = ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource']
    const [ofPath, bare] = await Promise.all(paths.map((path) => at(path)))
    expect(ofPath?.headers.get('access-control-allow-origin')).toBe('*')
    const metadata = await ofPath?.json()
    expect(metadata).toMatchObject({
      resource: place.http.url.href,
      authorization_servers: [place.authorization.issuer],
    })
    expect(await bare?.json()).toEqual(metadata)
    expect((await at(paths[0] ?? '', 'POST')).status).toBe(405)
    expect((await at('/.well-known/oauth-authorization-server')).status).toBe(404)
  })

  it('leaves no token in the log or in the trail', async () => {
    const connected = await connectWithOAuth(place.http.url, {
      client: 'v2-modern',
      registration: { document },
      user: 'ada',
    })
    await connected.callTool('whoami')
    const signature = connected.token().split('.')[2] ?? ''
    expect(signature.length).toBeGreaterThan(40)
    expect(place.http.stderr.text).not.toContain(signature)
    const records = auditRecords(place.http.data)
    expect(records.length).toBeGreaterThan(5)
    expect(JSON.stringify(records)).not.toContain(signature)
    await connected.close()
  })
})

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}

const scopeOf = (token: string): unknown => claimsOf(token)['scope']
