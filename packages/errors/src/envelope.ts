import type { Code } from './codes.ts'
import type { Issue, ToolError } from './tool-error.ts'

/** At most this many issues are named; a model corrects a few at a time and the answer stays small. */
const issuesMax = 10

/** The error as it goes over the wire: in the one text block and under `_meta["dev.postern/error"]`. */
export interface ErrorEnvelope {
  readonly status: 'error'
  readonly error: {
    readonly code: Code
    readonly message: string
    readonly retryable: boolean
    readonly retry_after_ms?: number
    readonly next_step: string
    readonly details: { readonly reason: string; readonly issues?: readonly Issue[]; readonly [key: string]: unknown }
    readonly request_id: string
  }
}

/** Codes where the caller can do nothing alone: the next step names whom to ask. */
const asksForHelp: ReadonlySet<Code> = new Set(['PERMISSION_DENIED', 'INTERNAL'])

/**
 * The wire form of an error. The same error and request id always give the same bytes, so that audit can hash them.
 * `contact` is the `escalation` of the environment file.
 */
export function toEnvelope(error: ToolError, requestId: string, contact?: string): ErrorEnvelope {
  const help = contact !== undefined && asksForHelp.has(error.code) ? ` Contact: ${contact}.` : ''
  return {
    status: 'error',
    error: {
      code: error.code,
      message: error.message,
      retryable: error.retryable,
      ...(error.retryAfterMs !== undefined && { retry_after_ms: error.retryAfterMs }),
      next_step: error.nextStep + help,
      details: {
        reason: error.reason,
        ...(error.issues.length > 0 && { issues: error.issues.slice(0, issuesMax) }),
        ...error.details,
      },
      request_id: requestId,
    },
  }
}
