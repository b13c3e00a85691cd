import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { PROTOCOL_VERSION_META_KEY } from '@modelcontextprotocol/server'
import {
  AuthError,
  insufficientScope,
  localPrincipal,
  protectedResourceMetadata,
  protectedResourceMetadataPaths,
  protectedResourceMetadataUrl,
  readBearer,
  refuseTokenInUrl,
  statusOf,
  unauthorized,
} from '@postern/auth'
import type { Principal, Target } from '@postern/tool'
import { approvalScope } from './approval-targets.ts'
import { authFailureRecorder, noticeAuthFailure } from './auth-failure.ts'
import { certificateSubject } from './certificate-subject.ts'
import { clientOf } from './client-of.ts'
import { StartError } from './environment/start-error.ts'
import type { EdgeAnswer, Gate } from './http-edge.ts'
import type { Started } from './start.ts'

/**
 * The resource server in front of the protocol (OAuth 2.1, RFC 6750, RFC 9728). Every request brings a bearer token;
 * in `development` on loopback a request without one is the file's default principal.
 */
export function httpGate(started: Started, host: string): Gate {
  const { runtime, scopes } = started
  const { identity } = runtime.environment
  const local =
    isLoopback(host) && identity.local?.default !== undefined
      ? localPrincipal(identity.local, undefined, scopes)
      : undefined
  if (identity.issuers.length === 0 && local === undefined)
    throw new StartError(
      `${runtime.environment.at(['identity'])}: nobody could call this server over HTTP on ${host}: identity.issuers and identity.audience are missing.`,
      'Name an issuer. Principals without a token (identity.local.default) are served on loopback only.',
    )
  // Made now, so that what it needs and does not find stops the start and not the first caller.
  const verifier = started.verifier()
  const resource = started.audience
  const metadataUrl = protectedResourceMetadataUrl(resource)
  const metadataPaths = protectedResourceMetadataPaths(resource)
  // Clients ask for what a challenge names, and no agent is to be told to ask for the scope of those who approve it.
  const offered = scopes.filter((scope) => scope !== approvalScope)
  const metadata = JSON.stringify(
    protectedResourceMetadata({ resource, issuers: identity.issuers.map(({ issuer }) => issuer), scopes }),
  )

  const record = authFailureRecorder(started)

  return {
    async identify(request) {
      try {
        refuseTokenInUrl(request.url ?? '')
        // Without a credential, and only so: a bad token never falls back to the default principal.
        if (local !== undefined && request.headers.authorization === undefined) return { principal: local }
        const token = readBearer(request.rawHeaders)
        const principal = await verifier.verify(token, AbortSignal.timeout(identifyMsMax))
        return { principal: withCertificate(principal, request) }
      } catch (thrown) {
        const error = tooSlow(thrown) ? new AuthError('keys_unavailable', 'the issuer did not answer in time') : thrown
        if (!(error instanceof AuthError)) throw error
        noticeAuthFailure(started, error)
        await record(error, request.socket.remoteAddress)
        return { refused: refusal(error, metadataUrl, offered) }
      }
    },
    async challenge(principal, message, signal) {
      const { target, input, meta } = targetOf(runtime, message)
      const client = clientOf(meta, { transport: 'http', era: isModern(meta) ? 'modern' : 'legacy' })
      const decision = target?.known ? runtime.decide(narrowed(principal, client.purpose), target) : undefined
      if (!target || !decision || decision.allowed || decision.reason !== 'scope_missing') return undefined
      // Through the pipeline all the same: it refuses, and the refusal is recorded and counted like any other.
      await runtime.call({ target, input, principal, client, signal })
      return {
        status: 403,
        // All scopes in one challenge: an old client overwrites the ones it holds, and two tools would alternate for ever.
        headers: { 'www-authenticate': insufficientScope(offered, metadataUrl), 'content-type': 'application/json' },
        body: JSON.stringify({ error: 'insufficient_scope', error_description: 'More permission is needed.' }),
      }
    },
    answer(path, method) {
      if (!metadataPaths.includes(path)) return undefined
      if (method !== 'GET' && method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD' } }
      return {
        status: 200,
        headers: {
          'content-type': 'application/json',
          'access-control-allow-origin': '*',
          'cache-control': 'max-age=300',
        },
        body: method === 'HEAD' ? '' : metadata,
      }
    },
  }
}

const identifyMsMax = 5000

const tooSlow = (thrown: unknown): boolean => thrown instanceof DOMException && thrown.name === 'TimeoutError'

function refusal(error: AuthError, metadataUrl: string, scopes: readonly string[]): EdgeAnswer {
  if (statusOf(error) === 503)
    return {
      status: 503,
      headers: { 'retry-after': '5' },
      body: 'The keys to verify tokens cannot be had right now. Try again.',
    }
  return { status: 401, headers: { 'www-authenticate': unauthorized(metadataUrl, scopes, error) }, body: '' }
}

function withCertificate(principal: Principal, request: IncomingMessage): Principal {
  const socket = request.socket as Partial<TLSSocket>
  if (socket.authorized !== true) return principal
  const subject = socket.getPeerCertificate?.().subject as Parameters<typeof certificateSubject>[0] | undefined
  return subject === undefined ? principal : { ...principal, certificateSubject: certificateSubject(subject) }
}

/** A purpose that is not the caller's leaves none: that is not mended by a better token. */
function narrowed(principal: Principal, purpose: string | undefined): Principal {
  if (purpose === undefined) return principal
  return { ...principal, purposes: principal.purposes.filter((own) => own === purpose) }
}

/** What a message asks for, before the protocol has looked at it; nothing for a message that names nothing. */
function targetOf(runtime: Started['runtime'], message: unknown): { target?: Target; input?: unknown; meta?: Meta } {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: Record<string, unknown> }
  const meta = (params?.['_meta'] ?? {}) as Meta
  if (method === 'tools/call' && typeof params?.['name'] === 'string')
    return { target: runtime.tool(params['name']), input: params['arguments'] ?? {}, meta }
  if (method === 'resources/read' && typeof params?.['uri'] === 'string')
    return { ...runtime.resource(params['uri']), meta }
  return {}
}

type Meta = Readonly<Record<string, unknown>>

/** A request of 2026-07-28 says its version itself; older ones said it when they connected. */
const isModern = (meta: Meta | undefined): boolean => typeof meta?.[PROTOCOL_VERSION_META_KEY] === 'string'

/** Loopback by address; a name could resolve to anything. */
function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}
