import type { Transaction } from '@postern/tool'
import type { AuditLog } from './audit-log.ts'
import { recordedPrincipal } from './call-entry.ts'
import type { RecordedPrincipal } from './record.ts'

type Who = Pick<RecordedPrincipal, 'issuer' | 'subject'>

/** A write that ended otherwise than through its own call, as `idempotency` tells of it. */
export interface SettledWriteEvent {
  /** Of its claim. */
  readonly id: string
  readonly requestId: string
  readonly tool: string
  readonly version: string
  readonly caller: Who & { readonly tenant: string }
  readonly outcome: string
  readonly by: string
}

/** Closes the pair of a write that a crash had left open: its outcome, under the request id of its intent. */
export function recordSettled(log: AuditLog): (write: SettledWriteEvent, transaction?: Transaction) => Promise<void> {
  return ({ id, requestId, tool, version, caller, outcome, by }, transaction) =>
    log.event(
      'outcome',
      {
        request: requestId,
        target: { kind: 'tool', name: tool, version },
        effect: 'write',
        tenant: caller.tenant,
        principal: { issuer: caller.issuer, kind: 'user', subject: caller.subject },
        write: { claim: id, state: outcome },
        detail: { by },
      },
      transaction,
    )
}

/** What happened to an approval, as `approvals` tells of it. */
export interface ApprovalAuditEvent {
  readonly kind: string
  readonly approvalId: string
  readonly tenant: string
  readonly tool: string
  readonly digest: string
  readonly requester: Who
  readonly approver?: Parameters<typeof recordedPrincipal>[0]
  readonly through?: string
  readonly because?: string
}

/** Records who asked and who decided. The digest of the arguments is hidden too: short arguments could be guessed. */
export function recordApproval(log: AuditLog): (event: ApprovalAuditEvent, transaction?: Transaction) => Promise<void> {
  return ({ kind, approvalId, tenant, tool, digest, requester, approver, through, because }, transaction) =>
    log.event(
      'approval',
      {
        approval: approvalId,
        tenant,
        target: { kind: 'tool', name: tool },
        principal: approver ? recordedPrincipal(approver) : { kind: 'user', ...requester },
        credential: approver?.credentialId,
        key_id: log.keyId,
        detail: {
          kind,
          requester: requester.subject,
          requester_issuer: requester.issuer,
          digest_hmac: log.seal(digest).hmac,
          through,
          because,
        },
      },
      transaction,
    )
}
