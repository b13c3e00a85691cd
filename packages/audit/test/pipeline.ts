import { codes, ToolError, toEnvelope } from '@postern/errors'
import {
  type Call,
  compose,
  type Handler,
  type Principal,
  type Reply,
  type Target,
  toolsFor,
  unknownTarget,
} from '@postern/tool'
import { z } from 'zod'
import { audit } from '../src/audit.ts'
import type { AuditLog } from '../src/audit-log.ts'

export const ada: Principal = {
  issuer: 'https://id.example.com/',
  subject: 'ada',
  tenant: 'acme',
  kind: 'user',
  clientId: 'desktop',
  credentialId: 'tok-1',
  scopes: ['tickets:read', 'tickets:write'],
  roles: ['support-agent'],
  attributes: {},
  purposes: ['support', 'incident'],
  readOnly: false,
}

export const getTicket = toolsFor<object>()({
  name: 'get_ticket',
  version: '1.2.0',
  title: 'Get ticket',
  description: 'One ticket.',
  effect: 'read',
  scope: 'tickets:read',
  input: z.strictObject({ id: z.string() }),
  output: z.strictObject({ ticket: z.strictObject({ id: z.string() }) }),
  handler: async ({ id }) => ({ ticket: { id } }),
})

export const createTicket = toolsFor<object>()({
  name: 'create_ticket',
  version: '2.0.0',
  title: 'Create ticket',
  description: 'A new ticket.',
  effect: 'write',
  scope: 'tickets:write',
  input: z.strictObject({ title: z.string() }),
  output: z.strictObject({ ticket: z.strictObject({ id: z.string() }) }),
  handler: async () => ({ ticket: { id: 'OPS-1' } }),
})

export const noTool = (name: string): Target => unknownTarget('tool', name, z.unknown())

export const key = 'key-0123456789abcdef'
let made = 0

export function callOf(target: Target, input: unknown = {}, more: Partial<Call> = {}): Call {
  made += 1
  return {
    target,
    principal: ada,
    input,
    requestId: `request-${made}`,
    signal: new AbortController().signal,
    client: {
      transport: 'http',
      era: 'modern',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    },
    notes: {},
    ...(target.effect !== 'read' && { idempotencyKey: key }),
    ...more,
  }
}

function toReply(error: ToolError, call: Call): Reply {
  const envelope = toEnvelope(error, call.requestId)
  return { text: JSON.stringify(envelope), isError: true, error: envelope.error }
}

/** Audit around whatever a test wants to happen inside. */
export function audited(log: AuditLog, inner: Handler): Handler {
  return compose([audit(log, { toReply })], inner)
}

/** Stands for idempotency: the intent first, then the effect. */
export function writing(effect: (call: Call) => Promise<Reply> | Reply): Handler {
  return async (call) => {
    await (await call.intent?.())?.durable
    return effect(call)
  }
}

export function ok(data: Record<string, unknown> = { status: 'ok' }): Reply {
  return { text: JSON.stringify(data), isError: false, data }
}

export const failing =
  (...error: ConstructorParameters<typeof ToolError>): Handler =>
  () =>
    Promise.reject(new ToolError(...error))

/** Every error that the table of codes has. */
export const allErrors = Object.entries(codes).flatMap(([code, row]) =>
  Object.keys(row.reasons).map((reason) => ({ code, reason })),
) as { code: ToolError['code']; reason: ToolError['reason'] }[]
