import { ToolError } from '@postern/errors'

const waitMsMin = 100
const waitMsMax = 1_000

/** The same key with other arguments. Says nothing about the first call, not even whether it has ended. */
export function keyReused(tool: string): ToolError {
  return new ToolError('CONFLICT', 'key_reused', `This idempotency_key belongs to another call of ${tool}.`, {
    nextStep: 'Use a new idempotency_key for a new effect; to repeat the first call, send its very arguments.',
  })
}

/** The same call is running. A lease is an upper bound: most writes end far sooner. */
export function inProgress(tool: string, leaseLeftMs: number): ToolError {
  return new ToolError('CONFLICT', 'in_progress', `The same call of ${tool} is still running.`, {
    retryAfterMs: Math.min(Math.max(Math.ceil(leaseLeftMs), waitMsMin), waitMsMax),
  })
}

/** Another process took the claim over while this one stood still: this one has done nothing and must not. */
export function takenOver(tool: string): ToolError {
  return new ToolError('CONFLICT', 'in_progress', `Another process has taken over this call of ${tool}.`, {
    retryAfterMs: waitMsMax,
  })
}

/** Something was sent and no answer came; the backend can find out, and the same key gets the answer then. */
export function settling(tool: string, waitMs: number, cause?: unknown): ToolError {
  return new ToolError(
    'UPSTREAM_TIMEOUT',
    'settling',
    `${tool} was sent, but its outcome is not known yet. It is being found out and will not happen twice.`,
    { retryAfterMs: Math.max(Math.ceil(waitMs), waitMsMin), details: { outcome: 'unknown' }, cause },
  )
}

/** Something was sent and nobody can find out what became of it. */
export function outcomeUnknown(tool: string, writeId: string, cause?: unknown): ToolError {
  return new ToolError(
    'UPSTREAM_TIMEOUT',
    'outcome_unknown',
    `${tool} was sent, but no answer came: it may have happened or not. It is not sent again.`,
    {
      nextStep:
        'Do not repeat it. Search for what it should have made or changed, then tell the user what you found. ' +
        'An operator can settle it by details.write_id.',
      details: { outcome: 'unknown', write_id: writeId },
      cause,
    },
  )
}

/** It happened, but our own code could not build the answer. */
export function answerLost(tool: string, cause: unknown): ToolError {
  return new ToolError('INTERNAL', 'output_contract', `${tool} took effect, but its answer could not be built.`, {
    nextStep: 'Do not repeat it. Read the record to see the effect, and give the request_id to the contact.',
    details: { outcome: 'executed' },
    cause,
  })
}

/** The caller left before anything was sent. */
export function callerGone(tool: string): ToolError {
  return new ToolError('UPSTREAM_TIMEOUT', 'not_executed', `${tool} was cancelled before it did anything.`, {
    details: { outcome: 'none' },
  })
}

/** The store was lost while it recorded something, and nothing was sent. */
export function nothingHappened(tool: string, cause: unknown): ToolError {
  return new ToolError('UPSTREAM_UNAVAILABLE', 'store_down', `${tool} did nothing: the data store was lost.`, { cause })
}
