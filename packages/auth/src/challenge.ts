import type { AuthError } from './auth-error.ts'

/** One text for every cause: which check failed is nobody's business but ours. */
const invalidToken = 'The access token is invalid, expired or not meant for this server'

/**
 * The `WWW-Authenticate` value of a 401 (RFC 6750 section 3, RFC 9728 section 5.1).
 *
 * Without an error, or when no credential was sent, it carries no error code, as RFC 6750 section 3.1 says.
 *
 * @param metadataUrl where this server's protected resource metadata stand, see `protectedResourceMetadataUrl`
 * @param scopes what a client should ask for; may be empty
 */
export function unauthorized(metadataUrl: string, scopes: readonly string[], error?: AuthError): string {
  const anonymous = error === undefined || error.kind === 'missing'
  return challenge({
    ...(!anonymous && { error: 'invalid_token', error_description: invalidToken }),
    scope: scopes.join(' '),
    resource_metadata: metadataUrl,
  })
}

/**
 * The `WWW-Authenticate` value of a 403 that asks the client to step up (RFC 6750 section 3.1).
 *
 * @param scopes everything the operation needs, in one challenge: clients replace their scopes instead of adding to
 * them, so that two partial challenges would alternate for ever
 */
export function insufficientScope(scopes: readonly string[], metadataUrl: string): string {
  return challenge({
    error: 'insufficient_scope',
    error_description: 'The access token lacks a scope this operation needs',
    scope: scopes.join(' '),
    resource_metadata: metadataUrl,
  })
}

function challenge(parameters: Readonly<Record<string, string>>): string {
  const parts = Object.entries(parameters).filter(([, value]) => value !== '')
  return `Bearer ${parts.map(([name, value]) => `${name}="${quotable(name, value)}"`).join(', ')}`
}

function quotable(name: string, value: string): string {
  if (!/^[\x20\x21\x23-\x5B\x5D-\x7E]*$/.test(value)) throw new TypeError(`${name} cannot stand in a challenge`)
  return value
}
