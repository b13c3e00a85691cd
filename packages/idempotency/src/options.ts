import type { ToolError } from '@postern/errors'
import type { Store } from '@postern/store'
import type { Call, Handler, Principal, Reply, Target, Transaction } from '@postern/tool'
import type { KeySpace } from './claim-key.ts'

/** How an unclear write is settled. A backend declares one for each of its writes. */
export type RecoveryClass = 'transaction' | 'native-key' | 'client-id' | 'lookup' | 'none'

export interface WriteOptions extends KeySpace {
  readonly store: Store
  /** The class of each write by port and method, such as `{ 'tickets.create': 'native-key' }`. */
  readonly recovery: Readonly<Record<string, RecoveryClass>>
  /** The tool of that name in this version of the server. */
  readonly target: (name: string) => Target | undefined
  /**
   * The layers from the deadline inwards: no authorization and no approval, because both were given before anything was
   * sent. Runs a stored write again, with an effect that recovers instead of sending blindly.
   */
  readonly resume: Handler
  /** Renders an error, with the same bytes as the outermost layer does for this request. */
  readonly toReply: (error: ToolError, requestId: string) => Reply
  /**
   * Whether a caller may still see a stored answer. The target was authorized before; this is about the record: its
   * rows, and fields that were masked since.
   */
  readonly mayReplay: (call: Call, stored: StoredWrite) => ReplayVerdict
  /** Told, in the same transaction, when a write ends otherwise than through its own call: audit closes its pair. */
  readonly settled?: (write: SettledWrite, transaction: Transaction) => Promise<void>
  /**
   * How long a claim is held before others may take it over, in milliseconds; default 30,000. At least twice the
   * deadline: requests are aborted at four fifths of it. A target with a longer deadline gets twice that.
   */
  readonly leaseMs?: number
  /** Only for tests that crash a process at a named point; no configuration reaches it. */
  readonly fault?: (point: FaultPoint) => Promise<void> | void
}

/** Fault points of the harness: before the claim, after it, after `sent`, before the outcome, after it. */
export type FaultPoint = 'K1' | 'K2' | 'K2b' | 'K5' | 'K6'

export interface StoredWrite {
  readonly id: string
  readonly tool: string
  readonly version: string
  /** Of the call that did it. */
  readonly requestId: string
  readonly isError: boolean
  /** As noted by the port when it was written; absent where no record was reached. */
  readonly record?: NonNullable<Call['notes']['record']>
  /** Fields that were masked in the stored answer. */
  readonly masked: readonly string[]
}

export type ReplayVerdict = 'ok' | 'not_found' | { readonly dropFields: readonly string[] }

export interface SettledWrite {
  readonly id: string
  /** Of the call whose write it was. */
  readonly requestId: string
  readonly tool: string
  readonly version: string
  readonly caller: Pick<Principal, 'tenant' | 'issuer' | 'subject'>
  readonly outcome: 'executed' | 'not_executed' | 'unknown'
  readonly by: 'takeover' | 'recovery' | 'operator'
}

const leaseMsDefault = 30_000

/** How long a claim of this target is held. */
export function leaseMsOf(options: Pick<WriteOptions, 'leaseMs'>, target: Pick<Target, 'limits'> | undefined): number {
  return Math.max(options.leaseMs ?? leaseMsDefault, 2 * (target?.limits.deadlineMs ?? 0))
}

/** How long after it was recorded a request may be on its way: it has to have ended before others take over. */
export const windowMsOf = (leaseMs: number): number => leaseMs * 0.8
