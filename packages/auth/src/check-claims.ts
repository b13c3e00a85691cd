import { AuthError, quoted } from './auth-error.ts'
import type { Json } from './decode-token.ts'

/** What every accepted token is known to say, whichever way it came. */
export interface CheckedClaims {
  readonly iss: string
  readonly sub: string
  /** Seconds since the epoch. */
  readonly exp: number
  readonly iat?: number
  readonly jti?: string
  /** The rest, to be read by name. */
  readonly all: Json
}

export interface Expectations {
  readonly issuer: string
  readonly audience: string
  readonly clockSkewSeconds: number
  /** Milliseconds since the epoch. */
  readonly now: number
  /** False for introspection, whose answers need not say when the token was issued. */
  readonly issuedAtRequired: boolean
}

/**
 * The checks of RFC 9068 section 4 that libraries leave to their caller or do not do: missing and non-finite times, an
 * `iat` in the future, a `sub` that is no usable name, sender-bound tokens.
 *
 * @throws AuthError `invalid` or `expired`
 */
export function checkClaims(claims: Json, expected: Expectations): CheckedClaims {
  if (claims['iss'] !== expected.issuer) throw invalid(`iss ${quoted(claims['iss'])}`)
  if (!audiencesOf(claims).includes(expected.audience)) throw invalid(`aud ${quoted(claims['aud'])}`)
  const { exp, iat } = checkTimes(claims, expected)
  const { sub, jti } = claims
  if (!isName(sub)) throw invalid('sub is not a text of 1 to 255 characters')
  if (jti !== undefined && !isName(jti)) throw invalid('jti is not a text of 1 to 255 characters')
  // Bound to a key of its sender (RFC 7800, DPoP, mTLS), which we do not verify: as a bearer token it is stolen.
  if (claims['cnf'] !== undefined) throw invalid('the token is bound to its sender (cnf)')
  // RFC 8417 security events, logout tokens among them, are JWTs of the same issuer and no access tokens.
  if (claims['events'] !== undefined) throw invalid('a security event is no access token')
  return {
    iss: expected.issuer,
    sub,
    exp,
    ...(iat !== undefined && { iat }),
    ...(jti !== undefined && { jti }),
    all: claims,
  }
}

function checkTimes(claims: Json, expected: Expectations): { exp: number; iat: number | undefined } {
  const now = expected.now / 1000
  const skew = expected.clockSkewSeconds
  const exp = seconds(claims, 'exp')
  const nbf = seconds(claims, 'nbf')
  const iat = seconds(claims, 'iat')
  if (exp === undefined) throw invalid('exp is missing')
  if (iat === undefined && expected.issuedAtRequired) throw invalid('iat is missing')
  if (exp <= now - skew) throw new AuthError('expired', `expired at ${exp}`)
  if (nbf !== undefined && nbf > now + skew) throw invalid(`not valid before ${nbf}`)
  if (iat !== undefined && iat > now + skew) throw invalid(`issued in the future, at ${iat}`)
  return { exp, iat }
}

/** `1e400` parses to Infinity, a token that never expires. */
function seconds(claims: Json, name: string): number | undefined {
  const value = claims[name]
  if (value === undefined) return undefined
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw invalid(`${name} is not a whole number of seconds`)
  return value as number
}

/** The audiences of a token, one or several; nothing when the claim has another form. */
export function audiencesOf(claims: Json): readonly unknown[] {
  const { aud } = claims
  if (Array.isArray(aud)) return aud
  return typeof aud === 'string' ? [aud] : []
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length >= 1 && value.length <= 255

const invalid = (detail: string): AuthError => new AuthError('invalid', detail)
