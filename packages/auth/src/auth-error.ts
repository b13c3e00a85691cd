import { ToolError } from '@postern/errors'

/**
 * - `missing`: no credential was sent at all
 * - `malformed`: it is not one well-formed bearer token
 * - `invalid`: it is not, or not for this server
 * - `expired`, `revoked`: it was valid once
 * - `other_environment`: it belongs to a known other environment; a security event, to be logged and counted
 * - `keys_unavailable`: nobody can say, because the issuer cannot be reached; HTTP answers 503
 */
export type AuthErrorKind =
  | 'missing'
  | 'malformed'
  | 'invalid'
  | 'expired'
  | 'revoked'
  | 'other_environment'
  | 'keys_unavailable'

/**
 * Why a caller is not who they say. Callers are told the same for every kind; `kind`, `detail` and `otherEnvironment`
 * are for log, audit and metrics. `detail` never holds the token, and what it repeats of one is short and quoted. There
 * is no `cause`: the errors of libraries carry the claims of the token.
 */
export class AuthError extends Error {
  readonly kind: AuthErrorKind
  readonly detail: string
  /** The name of the environment the token belongs to, for `other_environment`. */
  readonly otherEnvironment: string | undefined

  constructor(kind: AuthErrorKind, detail: string, otherEnvironment?: string) {
    super(`not authenticated: ${kind}`)
    this.name = 'AuthError'
    this.kind = kind
    this.detail = detail
    this.otherEnvironment = otherEnvironment
  }
}

/** The HTTP status of a refused credential: 503 when the fault is not the caller's, 401 for everything else. */
export function statusOf(error: AuthError): 401 | 503 {
  return error.kind === 'keys_unavailable' ? 503 : 401
}

/**
 * The same refusal for a caller on stdio, who has no 401 to look at. `nextStep` says where their token comes from and
 * what to do there; without one, the default of the reason is used.
 */
export function toToolError(error: AuthError, nextStep?: string): ToolError {
  if (error.kind === 'keys_unavailable')
    return new ToolError(
      'UPSTREAM_UNAVAILABLE',
      'keys_unavailable',
      'The identity provider that can vouch for your token does not answer.',
      { cause: error },
    )
  const expired = error.kind === 'expired'
  return new ToolError(
    'PERMISSION_DENIED',
    expired ? 'token_expired' : 'token_invalid',
    expired ? 'Your token for this server has expired.' : 'You have no valid token for this server.',
    { cause: error, ...(nextStep !== undefined && { nextStep }) },
  )
}

const identifier = /^[\w.:/~-]{1,120}$/

/** A part of a token, for a log: whoever sent it chose it, so that it is shown where it is an identifier or an address. */
export function quoted(value: unknown): string {
  const texts = Array.isArray(value) ? value : [value]
  if (texts.length > 8 || !texts.every((text) => typeof text === 'string' && identifier.test(text)))
    return `(${value === undefined ? 'missing' : 'no identifier'})`
  return JSON.stringify(value)
}
