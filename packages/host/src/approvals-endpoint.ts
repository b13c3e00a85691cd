import type { IncomingMessage } from 'node:http'
import { insufficientScope, protectedResourceMetadataUrl } from '@postern/auth'
import type { Principal, Reply, Target } from '@postern/tool'
import type { EdgeAnswer } from './http-edge.ts'
import type { Started } from './start.ts'

const root = '/approvals'
const bodyBytesMax = 4096
const answerMsMax = 30_000

export function isApprovalsPath(path: string): boolean {
  return path === root || path.startsWith(`${root}/`)
}

/**
 * Where approvers decide, each with their own token: `GET /approvals`, `GET /approvals/<id>`, `POST /approvals/<id>`
 * with `{ "decision": "approved" | "denied", "because"? }`. Approvers never hold database credentials.
 *
 * Every request becomes a call of the pipeline, recorded and limited like those of tools. Answers are JSON; errors are
 * the envelope of any tool, with the HTTP status that fits its code. The request id is always ours.
 */
export function approvalsEndpoint({
  runtime,
  approvals,
  audience,
  scopes,
}: Pick<Started, 'runtime' | 'approvals' | 'audience' | 'scopes'>) {
  const challenge = insufficientScope(scopes, protectedResourceMetadataUrl(audience))
  return async function answer(path: string, request: IncomingMessage, principal: Principal): Promise<EdgeAnswer> {
    const id = path.slice(root.length + 1)
    const body = request.method === 'POST' ? await bodyOf(request) : undefined
    if (body === tooLarge) return { status: 413, body: `A decision may have at most ${bodyBytesMax} bytes.` }
    const { target, input } = asked(id, request, body)
    const reply = await runtime.call({
      target,
      input,
      principal,
      client: { transport: 'http', era: 'internal' },
      signal: AbortSignal.timeout(answerMsMax),
    })
    return { status: statusOf(reply), headers: headersOf(reply), body: reply.text }
  }

  function asked(id: string, request: IncomingMessage, body: unknown): { target: Target; input: unknown } {
    // What is no object stays what it is: the pipeline refuses it, and the refusal is recorded.
    if (request.method === 'POST') return { target: approvals.decide, input: isObject(body) ? { ...body, id } : body }
    if (id !== '') return { target: approvals.show, input: { id } }
    const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '')
    return { target: approvals.list, input: Object.fromEntries(query) }
  }

  function headersOf({ error }: Reply): Readonly<Record<string, string>> {
    return {
      'content-type': 'application/json',
      ...(error?.details.reason === 'scope_missing' && { 'www-authenticate': challenge }),
      ...(error?.retry_after_ms !== undefined && { 'retry-after': String(Math.ceil(error.retry_after_ms / 1000)) }),
    }
  }
}

const tooLarge = Symbol('too large')

/** The parsed body; undefined for one that is not JSON or breaks off. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > bodyBytesMax) return tooLarge
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function statusOf({ error }: Reply): number {
  switch (error?.code) {
    case undefined:
      return 200
    case 'VALIDATION_ERROR':
      return 400
    case 'PERMISSION_DENIED':
      return 403
    case 'NOT_FOUND':
      return 404
    case 'CONFLICT':
      return 409
    case 'RATE_LIMITED':
      return 429
    case 'UPSTREAM_UNAVAILABLE':
    case 'UPSTREAM_TIMEOUT':
      return 503
    default:
      return 500
  }
}
