import { type Call, canonical, type Reply } from '@postern/tool'
import type { AuditLog } from './audit-log.ts'
import type { Entry, Phase, RecordedPrincipal, RecordedTarget, Sealed } from './record.ts'

const targetsMax = 1_000
const idCharactersMax = 128

/** The part of a record that says who asked for what, from a call as it came in. */
export function callEntry(call: Call, log: Pick<AuditLog, 'seal' | 'keyId'>): Omit<Entry, 'phase'> {
  const { target, principal, client } = call
  const key = idempotencyKey(call)
  return {
    request: call.requestId,
    traceparent: client.traceparent,
    client: { era: client.era, transport: client.transport },
    target: recordedTarget(call, log),
    effect: target.effect,
    tenant: principal.tenant,
    principal: recordedPrincipal(principal),
    purposes: purposesOf(call),
    credential: principal.credentialId,
    scopes: { held: principal.scopes, needed: target.scope },
    input: sealInput(call.input, log),
    key_id: log.keyId,
    ...(key !== undefined && { write: { key_hmac: log.seal(key).hmac } }),
  }
}

/** What the layers found out and what goes back. */
export function replyEntry(call: Call, reply: Reply, log: Pick<AuditLog, 'seal'>): Partial<Entry> {
  const { notes } = call
  const key = idempotencyKey(call)
  return {
    decision: notes.decision && { allowed: notes.decision.allowed, rule: notes.decision.rule },
    targets: notes.targets?.slice(0, targetsMax).map((id) => shortId(id, log)),
    rows: notes.rows,
    masked: notes.masked,
    suspicious: notes.suspicious,
    approval: notes.approvalId,
    upstream_request: notes.upstreamRequestId === undefined ? undefined : shortId(notes.upstreamRequestId, log),
    output: log.seal(reply.text),
    error: reply.error && { code: reply.error.code, reason: String(reply.error.details.reason) },
    ...((key !== undefined || notes.write !== undefined) && {
      write: {
        claim: notes.claim?.id,
        ...(key !== undefined && { key_hmac: log.seal(key).hmac }),
        state: notes.write,
        store: notes.claim?.store,
      },
    }),
  }
}

const authFailures: ReadonlySet<string> = new Set([
  'token_expired',
  'token_invalid',
  'client_certificate',
  'keys_unavailable',
])

/** What kind of end a call came to. `intended`: an intent was recorded, which only an outcome closes. */
export function phaseOf(call: Call, reply: Reply, intended: boolean): Phase {
  if (intended) return 'outcome'
  if (!call.target.known) return 'unknown_target'
  const { code, details } = reply.error ?? {}
  if (authFailures.has(String(details?.reason))) return 'auth_failure'
  if (code === 'PERMISSION_DENIED') return 'denied'
  if (code === 'VALIDATION_ERROR') return 'refused_input'
  if (call.notes.write === 'replayed') return 'replayed'
  if (code === 'RATE_LIMITED' || code === 'CONFLICT' || code === 'APPROVAL_REQUIRED') return 'refused'
  if (call.target.effect === 'read') return 'read'
  return reply.isError ? 'refused' : 'outcome'
}

export function recordedPrincipal(principal: Call['principal']): RecordedPrincipal {
  return {
    actor: principal.actor,
    client_id: principal.clientId,
    issuer: principal.issuer,
    kind: principal.kind,
    subject: principal.subject,
  }
}

/** A purpose that the client narrows to counts only if it has it. */
function purposesOf({ principal, client }: Call): readonly string[] {
  const narrowed = client.purpose
  return narrowed !== undefined && principal.purposes.includes(narrowed) ? [narrowed] : principal.purposes
}

/** Words without digits: what a model takes for a tool, and not what a password or a key looks like. */
const likeToolName = /^(?=.{1,48}$)[a-z]{1,16}(_[a-z]{1,16})*$/

/** The name of something we do not have is the caller's text. Only what looks like a tool's name is kept as it is. */
function recordedTarget({ target }: Call, log: Pick<AuditLog, 'seal'>): RecordedTarget {
  if (target.known) return { kind: target.kind, name: target.name, version: target.version }
  const plain = target.kind === 'tool' && likeToolName.test(target.name)
  return { kind: target.kind, name: plain ? target.name : `hmac:${log.seal(target.name).hmac}` }
}

/** Present before validation too, which is where refusals happen. */
function idempotencyKey(call: Call): string | undefined {
  if (call.target.effect === 'read') return undefined
  if (call.idempotencyKey !== undefined) return call.idempotencyKey
  const input = call.input as { readonly idempotency_key?: unknown } | null | undefined
  return typeof input?.idempotency_key === 'string' ? input.idempotency_key : undefined
}

/** Nothing for input that has no canonical form, such as a lone surrogate or a million brackets; it will be refused. */
function sealInput(input: unknown, log: Pick<AuditLog, 'seal'>): Sealed | undefined {
  try {
    return input === undefined ? undefined : log.seal(canonical(input))
  } catch {
    return undefined
  }
}

function shortId(id: string, log: Pick<AuditLog, 'seal'>): string {
  return id.length <= idCharactersMax ? id : `hmac:${log.seal(id).hmac}`
}
