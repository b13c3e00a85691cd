import type { ApprovalEvent } from '@postern/approvals'
import type { AuditLog } from '@postern/audit'
import type { SettledWrite } from '@postern/idempotency'
import type { Principal } from '@postern/tool'

/** A write that ended otherwise than through its own call gets the outcome its intent still lacks. */
export function recordSettled(trail: AuditLog, write: SettledWrite): Promise<void> {
  const { tenant, issuer, subject } = write.caller
  return trail.event('outcome', {
    request: write.requestId,
    target: { kind: 'tool', name: write.tool, version: write.version },
    tenant,
    principal: { issuer, subject, kind: 'user' },
    write: { state: write.outcome },
    detail: { by: write.by },
  })
}

/** An approval is an event of its own; the call it was given for carries its id. */
export function recordApproval(trail: AuditLog, event: ApprovalEvent): Promise<void> {
  const { issuer, subject, kind } = event.approver ?? { ...event.requester, kind: 'user' }
  return trail.event('approval', {
    approval: event.approvalId,
    tenant: event.tenant,
    target: { kind: 'tool', name: event.tool },
    principal: { issuer, subject, kind },
    detail: {
      state: event.kind,
      digest: event.digest,
      requester: `${event.requester.issuer} ${event.requester.subject}`,
      ...(event.through && { through: event.through }),
      ...(event.because && { because: event.because }),
    },
  })
}

/** A call that the protocol refuses for its form: who sent it, where that is known, and nothing of what was in it. */
export function recordMalformed(trail: AuditLog, principal?: Principal): Promise<void> {
  return trail.event('refused_input', {
    ...(principal && {
      tenant: principal.tenant,
      credential: principal.credentialId,
      principal: { issuer: principal.issuer, subject: principal.subject, kind: principal.kind },
    }),
    error: { code: 'VALIDATION_ERROR', reason: 'schema' },
    detail: { by: 'protocol' },
  })
}
