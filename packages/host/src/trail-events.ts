import type { AuditLog, Entry } from '@postern/audit'
import type { Principal } from '@postern/tool'

/** A call that the protocol refuses for its form: who sent it, where that is known, and nothing of what was in it. */
export function recordMalformed(trail: AuditLog, principal?: Principal): Promise<void> {
  return trail.event('refused_input', {
    ...who(principal),
    error: { code: 'VALIDATION_ERROR', reason: 'schema' },
    detail: { by: 'protocol' },
  })
}

/** A client echoed a request state that was not minted for it: somebody answered a question they were not asked. */
export function recordRefusedState(trail: AuditLog, principal?: Principal): Promise<void> {
  return trail.event('approval', { ...who(principal), detail: { kind: 'refused', because: 'request_state' } })
}

function who(principal: Principal | undefined): Pick<Entry, 'tenant' | 'credential' | 'principal'> {
  if (principal === undefined) return {}
  const { tenant, credentialId, issuer, subject, kind } = principal
  return { tenant, credential: credentialId, principal: { issuer, subject, kind } }
}
