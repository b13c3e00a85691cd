import { hash } from 'node:crypto'
import type { Principal } from '@postern/tool'
import { type AcceptedIssuer, acceptedIssuers, type VerifierDependencies } from './accepted-issuers.ts'
import { AuthError, quoted } from './auth-error.ts'
import { audiencesOf, type CheckedClaims, checkClaims } from './check-claims.ts'
import { type DecodedToken, decodeToken, type Json, tokenBytesMax } from './decode-token.ts'
import { IdentityError } from './identity-error.ts'
import { type IdentitySection, isDevelopmentIssuer } from './identity-section.ts'
import { RevocationList } from './revocation-list.ts'
import { checkHeader } from './signed-token.ts'
import { toPrincipal } from './to-principal.ts'
import { TokenCache } from './token-cache.ts'

/** From a bearer token to the principal it proves. */
export interface Verifier {
  /** What tokens have to name as their audience. */
  readonly audience: string
  /**
   * @returns a frozen principal, the same object for the same token as long as it is cached: at most 5 minutes (1 when
   * introspected), and never beyond the token's own end
   * @throws AuthError, or the reason of `signal`
   */
  verify(token: string, signal: AbortSignal): Promise<Principal>
  /** Forgets every verified token; to be called when what a principal is made of has changed. */
  invalidate(): void
}

const cachedMsMax = 5 * 60_000
/** Issuers are asked about a token so that they can end it early. */
const introspectedMsMax = 60_000

/**
 * The resource server's side of OAuth 2.1: accepts access tokens of the configured issuers that were issued for this
 * server (RFC 9068, RFC 8725, RFC 7662), and nothing else. Keys are fetched when first needed; jose is loaded with the
 * first signed token.
 *
 * A bearer token that is replayed by somebody else is accepted: that is what bearer means.
 *
 * @throws IdentityError when the section cannot work in this environment
 */
export function createVerifier(section: IdentitySection, dependencies: VerifierDependencies): Verifier {
  const { environment, onEvent = () => {}, now = Date.now } = dependencies
  const audience = section.audience ?? dependencies.audience
  if (audience === undefined)
    throw new IdentityError('identity.audience is missing: tokens for other servers would do.')
  const cache = new TokenCache()
  const revoked = section.revoked === undefined ? undefined : new RevocationList(section.revoked, now, onEvent)
  const issuers = acceptedIssuers(section, dependencies, () => cache.raiseEpoch())
  const opaque = [...issuers.values()].find((issuer) => issuer.introspect !== undefined)
  const running = new Map<string, Promise<Principal>>()

  return {
    audience,
    invalidate: () => cache.raiseEpoch(),
    async verify(token, signal) {
      if (token.length > tokenBytesMax) throw new AuthError('malformed', 'token is too long')
      const key = hash('sha256', token, 'base64url')
      const principal = cache.get(key, now()) ?? (await orAborted(shared(key, token), signal))
      // Checked on hits too: a revoked token must not live on in the cache.
      if (revoked?.revokes(principal)) throw new AuthError('revoked', `credential ${quoted(principal.credentialId)}`)
      return principal
    },
  }

  /** Concurrent callers with one token share its verification, which no single caller may abort. */
  function shared(key: string, token: string): Promise<Principal> {
    const { epoch } = cache
    // What was begun before the epoch was raised is not for those who came after.
    const name = `${epoch} ${key}`
    const started = running.get(name)
    if (started !== undefined) return started
    const verification = verifyAndKeep(key, token, epoch).finally(() => running.delete(name))
    running.set(name, verification)
    return verification
  }

  async function verifyAndKeep(key: string, token: string, epoch: number): Promise<Principal> {
    const { principal, keepMs } = await verifyAnew(token)
    cache.set(key, principal, Math.min((principal.expiresAt ?? 0) * 1000, now() + keepMs), epoch)
    return principal
  }

  async function verifyAnew(token: string): Promise<{ principal: Principal; keepMs: number }> {
    const decoded = decodeUnlessOpaque(token)
    const issuer = decoded === undefined ? opaque : issuerOf(decoded.payload)
    if (issuer?.introspect !== undefined) {
      const answer = await issuer.introspect(token)
      // RFC 7662 leaves `iss` out as a rule: who answered is who issued.
      const claims = checked({ iss: issuer.issuer, ...answer }, issuer)
      return { principal: toPrincipal(token, claims, issuer.mapping), keepMs: introspectedMsMax }
    }
    if (issuer?.keys === undefined || decoded === undefined) throw new AuthError('invalid', 'nobody can vouch for it')
    const { algorithm, kid } = checkHeader(decoded, issuer)
    const claims = checked(decoded.payload, issuer)
    const principal = toPrincipal(token, claims, issuer.mapping)
    const key = await issuer.keys.find(kid, algorithm)
    if (key === undefined) throw new AuthError('invalid', `unknown key ${quoted(kid)} of ${issuer.issuer}`)
    const { verifySignature } = await import('./signature.ts')
    await verifySignature(token, key, {
      algorithm,
      issuer: issuer.issuer,
      audience: audience ?? '',
      typ: issuer.typ === 'at+jwt' ? 'at+jwt' : undefined,
      clockSkewSeconds: section.clock_skew_s,
      now: now(),
    })
    return { principal, keepMs: cachedMsMax }
  }

  /** Undefined for a token that only its issuer can read. */
  function decodeUnlessOpaque(token: string): DecodedToken | undefined {
    try {
      return decodeToken(token)
    } catch (error) {
      if (opaque === undefined) throw error
      return undefined
    }
  }

  function issuerOf(payload: Json): AcceptedIssuer {
    refuseOtherEnvironment(payload)
    const { iss } = payload
    const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined
    if (issuer === undefined) throw new AuthError('invalid', `issuer ${quoted(iss)}`)
    return issuer
  }

  function checked(claims: Json, issuer: AcceptedIssuer): CheckedClaims {
    refuseOtherEnvironment(claims)
    return checkClaims(claims, {
      issuer: issuer.issuer,
      audience: audience ?? '',
      clockSkewSeconds: section.clock_skew_s,
      now: now(),
      issuedAtRequired: issuer.introspect === undefined,
    })
  }

  /** Before any signature: a token of another environment is none of ours, genuine or not; the event says "claims". */
  function refuseOtherEnvironment(claims: Json): void {
    const { iss } = claims
    const audiences = audiencesOf(claims)
    const foreign = !audiences.includes(audience)
    const other = section.other_environments.find(
      (known) =>
        (known.issuer !== undefined && known.issuer === iss && !issuers.has(known.issuer)) ||
        (known.audience !== undefined && foreign && audiences.includes(known.audience)),
    )
    const name = other?.name ?? (isDevelopmentIssuer(iss) && environment !== 'development' ? 'development' : undefined)
    if (name !== undefined) throw new AuthError('other_environment', `a token of ${name}, issuer ${quoted(iss)}`, name)
  }
}

/** Waits as long as the caller does; the work itself goes on for the others. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
