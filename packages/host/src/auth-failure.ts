import type { AuthError } from '@postern/auth'
import type { Started } from './start.ts'

type Noticing = Pick<Started, 'log' | 'metrics' | 'trail'>

/**
 * Counts and logs who was refused at the door. A token of another environment is a security event: somebody carries it
 * about, or somebody has mixed up two deployments.
 */
export function noticeAuthFailure({ metrics, log }: Noticing, { kind, detail, otherEnvironment }: AuthError): void {
  metrics.count('postern_auth_failures_total', { kind })
  if (otherEnvironment === undefined) {
    log.info({ kind, detail }, 'not authenticated')
    return
  }
  metrics.count('postern_security_events_total', { kind, environment: otherEnvironment })
  log.error({ kind, detail }, 'security event')
}

const fullRecordsPerMinute = 60
const minuteMs = 60_000

/** Puts a refusal on the trail: who was refused, as far as can be told of somebody without an identity. */
export type RecordAuthFailure = (error: AuthError, from?: string) => Promise<void>

/**
 * Records refusals at the door, each with where it came from. Nobody without a token may fill the disk that all calls
 * need: beyond sixty a minute they are counted, and the count is recorded with the next one of a new minute. Tokens of
 * another environment are always recorded.
 *
 * The recorder throws where a refusal cannot be recorded.
 *
 * @param now milliseconds on a clock that never goes back
 */
export function authFailureRecorder(
  { trail }: Noticing,
  now: () => number = () => performance.now(),
): RecordAuthFailure {
  let since = now()
  let recorded = 0
  let left = 0
  return async ({ kind, otherEnvironment }, from) => {
    if (now() - since >= minuteMs) [since, recorded] = [now(), 0]
    if (otherEnvironment === undefined && recorded >= fullRecordsPerMinute) {
      left++
      return
    }
    recorded++
    const unrecorded = left
    left = 0
    await trail.event('auth_failure', {
      detail: {
        kind,
        ...(from !== undefined && { from }),
        ...(otherEnvironment !== undefined && { environment: otherEnvironment }),
        ...(unrecorded > 0 && { and_before_it: unrecorded }),
      },
    })
  }
}
