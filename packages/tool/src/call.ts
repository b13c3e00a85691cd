import type { ErrorEnvelope } from '@postern/errors'
import type { Principal } from './principal.ts'
import type { Target } from './target.ts'

/** One call of a tool, or one read of a resource, on its way through the pipeline. */
export interface Call {
  readonly target: Target
  readonly principal: Principal
  /** As sent until `validate` has run; as the target's schema returned it from then on. */
  readonly input: unknown
  readonly requestId: string
  /** Aborted when the caller has gone or the deadline has passed. */
  readonly signal: AbortSignal
  readonly client: Client
  /** Present on every validated write. */
  readonly idempotencyKey?: string
  /** Given to a write by `idempotency`: the only way to change anything. */
  readonly effect?: Effect
  /** Asks the person at the client, where client and transport can. */
  readonly ask?: Ask
  /**
   * Records the audit intent; `idempotency` calls it within the claim's transaction. When it resolves, that may be
   * committed; no effect may begin before `durable` has resolved too.
   */
  readonly intent?: (transaction?: Transaction) => Promise<Intent>
  /** What the layers found out, for audit and telemetry. Written on the way, never read to decide. */
  readonly notes: Notes
}

export interface Intent {
  /** Resolves when the intent is safe also where it cannot share a transaction, as in a file. */
  readonly durable: Promise<void>
}

export interface Client {
  readonly transport: 'stdio' | 'http' | 'internal'
  readonly era: 'modern' | 'legacy' | 'internal'
  readonly name?: string
  readonly version?: string
  /** The purpose the client narrows this call to; `authorize` refuses one the principal does not have. */
  readonly purpose?: string
  /** W3C trace context as sent, already checked for its form. */
  readonly traceparent?: string
}

export interface Notes {
  /** Which rule of the policy decided, and how. */
  decision?: { readonly allowed: boolean; readonly rule: string }
  /** Ids of the records that were read or changed. */
  targets?: readonly string[]
  rows?: number
  masked?: readonly string[]
  /** Fields whose text looked like instructions. */
  suspicious?: readonly string[]
  /** The claim of a write, and which store it is in. */
  claim?: { readonly id: string; readonly store: string }
  write?: 'executed' | 'replayed' | 'refused' | 'not_executed' | 'unknown'
  /** The record a write made or changed: `idempotency` keeps it, so that a replay can be checked like a read. */
  record?: {
    readonly port: string
    readonly attributes: Readonly<Record<string, string | readonly string[] | undefined>>
  }
  approvalId?: string
  upstreamRequestId?: string
}

/** What leaves the pipeline. `text` is the exact JSON sent in the text block; audit hashes it, idempotency stores it. */
export interface Reply {
  readonly text: string
  readonly isError: boolean
  /** The value of `text` on success. */
  readonly data?: Readonly<Record<string, unknown>>
  /** The envelope of `text` on failure. */
  readonly error?: ErrorEnvelope['error']
  /** Keys of `_meta`, all under `dev.postern/`. */
  readonly meta?: Readonly<Record<string, unknown>>
}

export type Handler = (call: Call) => Promise<Reply>
/** One layer of the pipeline: does its part, then calls `next` at most once. */
export type Middleware = (call: Call, next: Handler) => Promise<Reply>

/**
 * How a write changes something, once.
 *
 * Exactly one of `send` and `commit` is called per write, as the handler's last access to a port. Both refuse when the
 * claim was lost to another process in the meantime; then nothing has happened.
 */
export interface Effect {
  /** Derived from the claim, never from the model's key: the same in every recovery, and safe to hand to a vendor. */
  readonly key: string
  /**
   * Records that the request is about to leave, then runs `run`. Failures before that record are *not executed*.
   * `find` looks the effect up by `key` after an unclear end (recovery class `lookup`).
   */
  send<T>(run: (key: string, signal: AbortSignal) => Promise<T>, options?: SendOptions<T>): Promise<T>
  /**
   * Runs a change of the server's own store. The change, the outcome of the write and the answer to the caller become
   * durable in one transaction, when the call has come back up the pipeline; a failure after `run` undoes it.
   */
  commit<T>(run: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Adds a step to the transaction that makes this effect final: an approval is spent this way. */
  also(step: (transaction: Transaction) => Promise<void>): void
}

export interface SendOptions<T> {
  /** The port method that sends, such as `tickets.create`: the backend declares its recovery class. Set by `bind`. */
  readonly method?: string
  readonly find?: (key: string, signal: AbortSignal) => Promise<T | undefined>
  /** How long what was sent may stay invisible to `find`, in milliseconds; default 0. */
  readonly settleMs?: number
  /** `resend` only where `find` surely sees what was sent more than `settleMs` ago; default `unknown`. */
  readonly whenMissing?: 'unknown' | 'resend'
  /** How long the vendor remembers `key` (class `native-key`), in milliseconds; default one hour. Never sent after it. */
  readonly keyValidMs?: number
}

declare const transaction: unique symbol
/** A transaction of the server's store. Opaque here; `store.within(transaction)` gives the query builder for it. */
export interface Transaction {
  readonly [transaction]: true
}

/** Asks the person at the client to confirm. `undefined` in `Call.ask` means that this client cannot be asked. */
export type Ask = (question: Question) => Promise<Answer>
export interface Question {
  /** Binds the answer: an approval id, unguessable, used once. */
  readonly id: string
  /** What would happen, in words of ours and of the validated input. */
  readonly message: string
  /** SHA-256 over the canonical arguments; an answer given for other arguments is refused. */
  readonly digest: string
}
/** `asked`: the question goes out with this answer's reply, and the client makes the whole call again (MRTR). */
export type Answer = 'approved' | 'declined' | 'cancelled' | 'asked'
