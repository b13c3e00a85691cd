import { type Code, changedNothing, ToolError } from '@postern/errors'

/** Verdicts on the request itself: asked again, the answer would be the same. */
const verdicts: ReadonlySet<Code> = new Set(['VALIDATION_ERROR', 'PERMISSION_DENIED', 'NOT_FOUND', 'CONFLICT'])

/**
 * What an error says about a request that had left (rule I9).
 *
 * - `refused`: a definite no; stored and replayed.
 * - `not_executed`: proof that nothing ran; the key is free again.
 * - `unclear`: timeouts, resets, server errors, answers nobody understands, and everything we did not foresee.
 */
export function endingOf(thrown: unknown): 'refused' | 'not_executed' | 'unclear' {
  if (!(thrown instanceof ToolError) || !changedNothing(thrown)) return 'unclear'
  // The upstream did answer, only not as it used to: a success looks just like this.
  if (thrown.reason === 'upstream_drift') return 'unclear'
  return verdicts.has(thrown.code) && !thrown.retryable ? 'refused' : 'not_executed'
}
