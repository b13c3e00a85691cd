import type { IncomingMessage } from 'node:http'
import { type ApprovalDesk, decideApproval, denialReasons, listApprovals, showApproval } from '@postern/approvals'
import { ToolError, toEnvelope } from '@postern/errors'
import type { Principal } from '@postern/tool'
import { z } from 'zod'
import type { EdgeAnswer } from './http-edge.ts'

const root = '/approvals'
const bodyBytesMax = 4096

const Query = z.strictObject({
  state: z.enum(['pending', 'approved', 'denied', 'expired', 'used']).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(2048).optional(),
})
const Decision = z.strictObject({
  decision: z.enum(['approved', 'denied']),
  because: z.enum(denialReasons).optional(),
})

export function isApprovalsPath(path: string): boolean {
  return path === root || path.startsWith(`${root}/`)
}

/**
 * Where approvers decide, each with their own token: `GET /approvals`, `GET /approvals/<id>`, `POST /approvals/<id>`
 * with `{ "decision": "approved" | "denied", "because"? }`. Approvers never hold database credentials.
 *
 * Answers are JSON; errors are the envelope of any tool, with the HTTP status that fits its code.
 */
export function approvalsEndpoint(desk: ApprovalDesk) {
  return async function answer(path: string, request: IncomingMessage, caller: Principal): Promise<EdgeAnswer> {
    try {
      return json(200, await route(desk, path, request, caller))
    } catch (thrown) {
      const error = ToolError.from(thrown)
      return json(
        statusOf(error),
        toEnvelope(error, request.headers['x-request-id']?.toString().slice(0, 64) ?? 'none'),
      )
    }
  }
}

async function route(desk: ApprovalDesk, path: string, request: IncomingMessage, caller: Principal): Promise<unknown> {
  const id = path.slice(root.length + 1)
  if (id !== '' && !/^apr_[\w-]{1,64}$/.test(id))
    throw new ToolError('NOT_FOUND', 'absent', 'There is no such approval.')
  if (request.method === 'GET') {
    if (id !== '') return showApproval(desk, { id, viewer: caller })
    const { state, cursor, limit } = parse(Query, query(request))
    return listApprovals(desk, {
      viewer: caller,
      limit,
      ...(state !== undefined && { state }),
      ...(cursor !== undefined && { cursor }),
    })
  }
  if (id === '') throw new ToolError('VALIDATION_ERROR', 'rule', 'POST goes to /approvals/<approval_id>.')
  const { decision, because } = parse(Decision, await body(request))
  return decideApproval(desk, { id, decision, approver: caller, ...(because !== undefined && { because }) })
}

const query = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(new URLSearchParams((request.url ?? '').split('?')[1] ?? ''))

function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new ToolError('VALIDATION_ERROR', 'schema', 'This is not a valid request about approvals.', {
    issues: parsed.error.issues.map((issue) => ({
      path: issue.path.join('.'),
      rule: issue.code,
      expected: issue.message,
    })),
  })
}

async function body(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw new ToolError('VALIDATION_ERROR', 'too_large', 'A decision fits in 4 KiB.')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new ToolError('VALIDATION_ERROR', 'schema', 'The body is not JSON.')
  }
}

function statusOf(error: ToolError): number {
  switch (error.code) {
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

function json(status: number, value: unknown): EdgeAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}
