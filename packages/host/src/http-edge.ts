import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, type McpRequestContext } from '@modelcontextprotocol/server'
import { ToolError } from '@postern/errors'
import { type Principal, principalId } from '@postern/tool'
import { askedStates } from './approval-question.ts'
import { approvalsEndpoint, isApprovalsPath } from './approvals-endpoint.ts'
import { asksForData, malformedCall } from './malformed-call.ts'
import { mcpServer } from './mcp-server.ts'
import type { Started } from './start.ts'
import { tlsOptions, watchTls } from './tls.ts'

/** The one path of the MCP endpoint. */
const mcpPath = '/mcp'
const headersTimeoutMs = 10_000
const requestTimeoutMs = 30_000
const headersMax = 100
const connectionsMax = 2000
/** How often Node looks for connections that are past their timeouts; its own default would double them. */
const checkConnectionsMs = 2000
const subscriptionsMax = 16
const sweepMs = 50
const closeMsMax = 30_000

/** An answer that the edge gives itself, before or instead of the protocol. */
export interface EdgeAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Who may pass the edge. Answers with a principal, or with the HTTP answer that refuses. */
export interface Gate {
  /** From the headers alone, before a byte of the body is read. */
  identify(request: IncomingMessage): Promise<{ principal: Principal } | { refused: EdgeAnswer }>
  /** For a parsed message: a 403 step-up challenge where the token lacks the scope of what it asks for. */
  challenge(principal: Principal, message: unknown, signal: AbortSignal): Promise<EdgeAnswer | undefined>
  /** Further paths that anybody may read, such as the RFC 9728 metadata; undefined when the path is none of them. */
  answer(path: string, method: string): EdgeAnswer | undefined
}

/**
 * The HTTP face: `POST /mcp`, both protocol eras, stateless.
 *
 * Order: Host, Origin, path, method, token, size, body, JSON, no arrays, SDK. Everything up to the token looks at
 * headers only, so that nobody without one can make the server hold a body. Host and Origin are checked on every bind
 * (DNS rebinding: CVE-2025-66414, CVE-2025-49596).
 */
export function httpEdge(
  started: Pick<Started, 'runtime' | 'log' | 'stateKey' | 'approvals' | 'audience' | 'scopes'>,
  gate: Gate,
): Edge {
  const { runtime, log, stateKey } = started
  const { http } = runtime.environment
  const approvals = approvalsEndpoint(started)
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]', ...http.allowed_hosts.map((host) => host.toLowerCase())])
  const origins = new Set([
    'localhost',
    '127.0.0.1',
    '[::1]',
    ...http.allowed_origins.map((host) => host.toLowerCase()),
  ])
  const onerror = (error: Error) => log.debug({ err: error }, 'protocol error')
  const principals = new WeakMap<object, Principal>()
  const states = askedStates(stateKey, (ctx) => principalId(principalOf(principals, ctx.http?.authInfo)))
  const mcp = createMcpHandler(
    (context: McpRequestContext) =>
      mcpServer(runtime, context, async () => principalOf(principals, context.authInfo), states),
    { maxRequestBodySize: http.body_bytes_max, maxSubscriptions: subscriptionsMax, onerror },
  )
  const node = toNodeHandler(
    {
      fetch: async (request, options) => {
        const message = parse(await request.text())
        if (message === undefined) return rpcError(400, -32700, 'Parse error: the body is not JSON.')
        if (Array.isArray(message))
          return rpcError(400, -32600, 'JSON-RPC batches are not supported; send one message per request.')
        const principal = options?.authInfo && principals.get(options.authInfo)
        const challenge = principal && (await gate.challenge(principal, message, request.signal))
        if (challenge)
          return new Response(challenge.body ?? null, { status: challenge.status, headers: { ...challenge.headers } })
        const malformed = malformedCall(message)
        if (malformed) await runtime.refusedMessage(principal)
        const response = await mcp.fetch(request, { ...options, parsedBody: message })
        // Refused by its headers, its envelope or its version: the pipeline never saw it.
        if (response.status >= 400 && !malformed && asksForData(message)) await runtime.refusedMessage(principal)
        return response
      },
    },
    { maxRequestBodySize: http.body_bytes_max, onerror },
  )

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!hosts.has(hostname(onlyHost(request)))) return send(response, { status: 403, body: 'Host not allowed' })
    const { origin } = request.headers
    if (origin !== undefined && !origins.has(originHost(origin)))
      return send(response, { status: 403, body: 'Origin not allowed' })
    const [path = '/'] = (request.url ?? '/').split('?')
    const method = request.method ?? 'GET'
    const own = gate.answer(path, method)
    if (own) return send(response, own)
    const desk = isApprovalsPath(path)
    if (path !== mcpPath && !desk)
      return send(response, { status: 404, body: `Not found. The MCP endpoint is ${mcpPath}.` })
    if (method !== 'POST' && !(desk && method === 'GET'))
      return send(response, { status: 405, headers: { allow: 'POST' }, body: 'Use POST.' })
    const identified = await gate.identify(request)
    if ('refused' in identified) return send(response, identified.refused)
    if (desk) return send(response, await approvals(path, request, identified.principal))
    // A body that announces itself as too large is refused before it is read.
    if (Number(request.headers['content-length'] ?? 0) > http.body_bytes_max)
      return send(response, { status: 413, body: `A request may have at most ${http.body_bytes_max} bytes.` })
    await node(
      Object.assign(request, { auth: authInfo(principals, identified.principal) }) as NodeIncomingMessageLike,
      response,
    )
  }

  const { tls } = runtime.environment
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'request failed')
      if (response.headersSent) response.destroy()
      else if (error instanceof ToolError && error.code === 'UPSTREAM_UNAVAILABLE')
        send(response, { status: 503, headers: { 'retry-after': '5' }, body: error.message })
      else send(response, { status: 500, body: 'Internal error' })
    })
  }
  const secure =
    tls && createSecureServer({ ...tlsOptions(tls), connectionsCheckingInterval: checkConnectionsMs }, listener)
  const server: Server = secure ?? createServer({ connectionsCheckingInterval: checkConnectionsMs }, listener)
  const unwatch = secure && tls ? watchTls(secure, tls, log) : () => {}
  server.headersTimeout = headersTimeoutMs
  server.requestTimeout = requestTimeoutMs
  server.maxHeadersCount = headersMax
  server.maxConnections = connectionsMax
  return {
    server,
    async close() {
      unwatch()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      // Connections that were kept alive for a next request; without this they hold the listener open.
      const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, closeMsMax).unref())])
      clearInterval(sweep)
      // Only now: this aborts modern exchanges that are still in flight.
      await mcp.close()
      server.closeAllConnections()
    },
  }
}

export interface Edge {
  readonly server: Server
  /** Stops listening, lets running requests end, then ends the protocol. */
  close(): Promise<void>
}

/**
 * What the SDK carries along for us. It asks for a token, and gets none: the bearer token ends at the edge. The
 * principal hangs on the object itself, where no JSON of a client can reach.
 */
function authInfo(principals: WeakMap<object, Principal>, principal: Principal) {
  const info = { token: '', clientId: principal.clientId ?? '', scopes: [...principal.scopes] }
  principals.set(info, principal)
  return info
}

function principalOf(principals: WeakMap<object, Principal>, authInfo: object | undefined): Principal {
  const principal = authInfo && principals.get(authInfo)
  if (principal === undefined) throw new Error('a request without a principal reached the protocol')
  return principal
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The one Host header; nothing when there are several (RFC 9112 section 3.2), whichever of them Node would pick. */
function onlyHost({ rawHeaders }: IncomingMessage): string | undefined {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'host')
  return values.length === 1 ? values[0] : undefined
}

/** The host without its port, in lower case; empty when the header is missing or malformed, which nothing allows. */
function hostname(host: string | undefined): string {
  const [, name, port = '0'] = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/i.exec(host ?? '') ?? []
  return name === undefined || Number(port) > 65_535 ? '' : name.toLowerCase()
}

function originHost(origin: string): string {
  return /^https?:\/\/(.+)$/i.test(origin) ? hostname(origin.replace(/^https?:\/\//i, '')) : ''
}

function rpcError(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status })
}

function send(response: ServerResponse, answer: EdgeAnswer): void {
  // An error that leaves a body unread must not leave it to the next request on this connection.
  const close = answer.status >= 400 ? { connection: 'close' } : {}
  response.writeHead(answer.status, { 'content-type': 'text/plain; charset=utf-8', ...close, ...answer.headers })
  response.end(answer.body)
}
