import type { Principal, Transaction } from '@postern/tool'

/** Why an approver said no: closed, so that the caller can be told without passing on foreign text. */
export const denialReasons = ['wrong_data', 'not_needed', 'too_risky', 'not_authorized', 'other'] as const
export type DenialReason = (typeof denialReasons)[number]

/** Why a person may not decide a request. */
export type DecisionRefusal = 'read_only' | 'role' | 'own_request' | 'service' | 'expired' | 'decided'

/** What happened to an approval, for the audit. */
export interface ApprovalEvent {
  readonly kind: 'requested' | 'approved' | 'denied' | 'refused'
  readonly approvalId: string
  readonly tenant: string
  readonly tool: string
  /** Of the arguments, as in `Question.digest`. */
  readonly digest: string
  readonly requester: Pick<Principal, 'issuer' | 'subject'>
  /** Who decided, or tried to; the requester where the person was asked in the client. */
  readonly approver?: Principal
  /** `client`: asked where the call was made. `desk`: through `decideApproval`. */
  readonly through?: 'client' | 'desk'
  /** Of `denied`: a `DenialReason`, `declined` or `cancelled`. Of `refused`: a `DecisionRefusal`. */
  readonly because?: string
}

/**
 * Makes an event durable. It runs inside the transaction that it reports: when it throws, nothing happened. It may
 * write through `transaction`, but not through `store.query()`, which would wait for that transaction. Without one
 * (`refused`) nothing changed.
 */
export type OnApprovalEvent = (event: ApprovalEvent, transaction?: Transaction) => Promise<void>
