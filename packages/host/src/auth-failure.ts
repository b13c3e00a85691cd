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

/** Puts it on the trail. Throws where it cannot be recorded. */
export function recordAuthFailure({ trail }: Noticing, { kind, otherEnvironment }: AuthError): Promise<void> {
  return trail.event('auth_failure', {
    detail: { kind, ...(otherEnvironment !== undefined && { environment: otherEnvironment }) },
  })
}
