import { AuthError, quoted } from './auth-error.ts'
import type { DecodedToken, Json } from './decode-token.ts'
import type { Algorithm } from './identity-section.ts'

export interface HeaderRules {
  readonly algorithms: readonly Algorithm[]
  readonly typ: 'at+jwt' | 'any'
}

/**
 * Headers that change how a token is read, or bring the key that is to verify it (RFC 8725 sections 2 and 3). None is
 * ever followed; a token that has one is refused, because no issuer we trust needs it.
 */
const refusedHeaders = ['crit', 'b64', 'zip', 'enc', 'jku', 'jwk', 'x5u', 'x5c']

/**
 * @returns the algorithm and key id a token names, once both are harmless
 * @throws AuthError `invalid`
 */
export function checkHeader(
  token: DecodedToken,
  rules: HeaderRules,
): { algorithm: Algorithm; kid: string | undefined } {
  const { header } = token
  const refused = refusedHeaders.find((name) => Object.hasOwn(header, name))
  if (refused !== undefined) throw invalid(`header ${refused}`)
  const algorithm = rules.algorithms.find((known) => known === header['alg'])
  if (algorithm === undefined) throw invalid(`alg ${quoted(header['alg'])}`)
  const { kid } = header
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > 255))
    throw invalid('kid is no key id')
  checkTyp(token, rules.typ)
  return { algorithm, kid }
}

/** One issuer signs many kinds of token with one key; each must be refused where another kind belongs (RFC 8725 3.11). */
function checkTyp({ header, payload }: DecodedToken, wanted: HeaderRules['typ']): void {
  const typ = mediaType(header)
  if (typ !== 'at+jwt' && (wanted === 'at+jwt' || !(typ === undefined || typ === 'jwt')))
    throw invalid(`typ ${quoted(header['typ'])}`)
  // Some issuers name the kind of a token only inside.
  const inside = payload['typ'] ?? payload['token_use']
  if (inside !== undefined && !(typeof inside === 'string' && /^(bearer|access|at\+jwt)$/i.test(inside)))
    throw invalid(`token of kind ${quoted(inside)}`)
}

/** RFC 7515 section 4.1.9: without regard to case, and `application/` may be left out. */
function mediaType(header: Json): string | undefined {
  const { typ } = header
  if (typ === undefined) return undefined
  if (typeof typ !== 'string') throw invalid('typ is not a text')
  return typ.toLowerCase().replace(/^application\//, '')
}

const invalid = (detail: string): AuthError => new AuthError('invalid', detail)
