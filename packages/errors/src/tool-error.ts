import { type Code, codes, type Reason } from './codes.ts'

/** One fault in the caller's input. `expected` says what would be right, in our words; it never repeats the input. */
export interface Issue {
  readonly path: string
  readonly rule: string
  readonly expected: string
}

export interface ToolErrorOptions {
  /** Replaces the default next step of the reason: one imperative sentence that names the tool or field. */
  readonly nextStep?: string
  readonly retryAfterMs?: number
  readonly issues?: readonly Issue[]
  /** Further facts for the caller; plain JSON, snake_case, nothing that came from an upstream. */
  readonly details?: Readonly<Record<string, unknown>>
  /** What really happened. Logged, never returned. */
  readonly cause?: unknown
}

/**
 * The only error a tool, a port or a middleware may let escape.
 *
 * `message` and `nextStep` are read by a model: our own words, always specific, never upstream text (a prompt
 * injection path). What an upstream or a driver said goes to `cause`.
 */
export class ToolError<C extends Code = Code> extends Error {
  readonly code: C
  readonly reason: Reason<C>
  readonly retryable: boolean
  readonly nextStep: string
  readonly retryAfterMs: number | undefined
  readonly issues: readonly Issue[]
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: C, reason: Reason<C>, message: string, options: ToolErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    const row = (codes[code].reasons as Record<string, { retryable: boolean; nextStep: string }>)[reason]
    if (row === undefined) throw new TypeError(`${reason} is not a reason of ${code}`)
    this.name = 'ToolError'
    this.code = code
    this.reason = reason
    this.retryable = row.retryable
    this.nextStep = options.nextStep ?? row.nextStep
    this.retryAfterMs = options.retryAfterMs
    this.issues = options.issues ?? []
    this.details = options.details ?? {}
  }

  /** Turns anything thrown into a ToolError; what we did not foresee becomes INTERNAL with a fixed text. */
  static from(thrown: unknown): ToolError {
    if (thrown instanceof ToolError) return thrown
    return new ToolError('INTERNAL', 'bug', 'Something unexpected failed on our side.', { cause: thrown })
  }
}

/** True when the call certainly changed nothing, so that its idempotency key may be used again. */
export function changedNothing(error: ToolError): boolean {
  if (error.reason === 'outcome_unknown') return false
  if (error.reason === 'not_executed') return true
  return codes[error.code].tookEffect === 'no'
}
