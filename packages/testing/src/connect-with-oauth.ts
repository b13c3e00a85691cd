import { randomBytes } from 'node:crypto'
import { StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { UnauthorizedError as UnauthorizedErrorV1 } from '@modelcontextprotocol/sdk/client/auth.js'
import { StreamableHTTPClientTransport as StreamableHTTPClientTransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { redirectUri, registeredClient } from './authorization-server-configuration.ts'
import { type Browsing, browse } from './browser.ts'
import { type ClientKind, faceOf, type McpClient, newClient } from './connect.ts'

export interface OAuthOptions extends Browsing {
  readonly client: ClientKind
  /** How the authorization server knows the client: it has registered itself, was entered by hand, or names a document. */
  readonly registration: 'dynamic' | 'by hand' | { readonly document: string }
}

export interface OAuthClient extends McpClient {
  /** Method and URL of every HTTP request the library made, in order. */
  readonly requests: readonly string[]
  /** The access token it holds. */
  readonly token: () => string
  /** Does it; when the library wants the person's consent first, gets it, all scopes included, and does it again. */
  withConsent<T>(run: (client: McpClient) => Promise<T>): Promise<T>
}

/**
 * Connects a client library that knows nothing but the URL of the MCP endpoint: it finds the authorization server from
 * the 401, has its person log in, and comes back with a token.
 *
 * @param options `refuse` counts for the first login only
 */
export async function connectWithOAuth(url: URL, options: OAuthOptions): Promise<OAuthClient> {
  const { client: kind } = options
  const requests: string[] = []
  const app = application(options)
  const open = () => {
    const Http = kind === 'v1' ? StreamableHTTPClientTransportV1 : StreamableHTTPClientTransport
    return new Http(url, { authProvider: app.provider as never, fetch: recording(requests) })
  }
  const first = open()
  try {
    await newClient(kind, undefined).connect(first as never)
    throw new Error('the server let a client in that has no token')
  } catch (error) {
    await finish(first, error)
  }
  const client = newClient(kind, undefined)
  const transport = open()
  await client.connect(transport as never)
  const face = faceOf(client, kind)
  return {
    ...face,
    requests,
    token: () => app.provider.tokens()?.access_token ?? '',
    async withConsent(run) {
      try {
        return await run(face)
      } catch (error) {
        await finish(transport, error)
        return run(face)
      }
    },
  }

  /** What an application does when its person comes back from the browser. */
  async function finish(at: ReturnType<typeof open>, error: unknown): Promise<void> {
    const back = app.takeBack()
    const unauthorized = error instanceof UnauthorizedError || error instanceof UnauthorizedErrorV1
    if (!unauthorized || back === undefined) throw error
    await (at instanceof StreamableHTTPClientTransport
      ? at.finishAuth(back.searchParams)
      : at.finishAuth(back.searchParams.get('code') ?? ''))
  }
}

interface Tokens {
  readonly access_token: string
  readonly scope?: string
}

/** The application around the library, in the shape both libraries want: it keeps what it is given in memory. */
function application({ registration, user, refuse }: OAuthOptions) {
  const kept: { information?: unknown; tokens?: Tokens; verifier?: string; discovered?: unknown; back?: URL } = {}
  if (registration === 'by hand') kept.information = { client_id: registeredClient }
  let logins = 0
  const provider = {
    redirectUrl: redirectUri,
    ...(typeof registration === 'object' && { clientMetadataUrl: registration.document }),
    clientMetadata: {
      client_name: 'Postern tests',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    state: () => randomBytes(16).toString('hex'),
    clientInformation: () => kept.information,
    ...(registration !== 'by hand' && {
      saveClientInformation(information: unknown) {
        kept.information = information
      },
    }),
    tokens: () => kept.tokens,
    saveTokens(tokens: Tokens) {
      kept.tokens = tokens
    },
    codeVerifier: () => kept.verifier ?? '',
    saveCodeVerifier(verifier: string) {
      kept.verifier = verifier
    },
    // Kept like the verifier: the code must go back to the authorization server that was asked.
    discoveryState: () => kept.discovered,
    saveDiscoveryState(discovered: unknown) {
      kept.discovered = discovered
    },
    async redirectToAuthorization(url: URL) {
      logins += 1
      kept.back = await browse(url, { user, ...(logins === 1 && refuse !== undefined && { refuse }) })
    },
  }
  const takeBack = () => {
    const { back } = kept
    delete kept.back
    return back
  }
  return { provider, takeBack }
}

function recording(requests: string[]) {
  return (url: string | URL, init?: RequestInit): Promise<Response> => {
    requests.push(`${init?.method ?? 'GET'} ${String(url)}`)
    return fetch(url, init)
  }
}
