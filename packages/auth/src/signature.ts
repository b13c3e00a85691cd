import { errors, type JWK, jwtVerify } from 'jose'
import { AuthError } from './auth-error.ts'
import type { Algorithm } from './identity-section.ts'
import type { VerificationKey } from './verification-key.ts'

/**
 * Verifies the signature of a token whose claims were checked already. jose checks them once more: every option is
 * set, because by default it accepts any audience, any `typ` and a token without `exp`.
 *
 * This module is imported when the first signed token arrives, so that a start without one does not load jose.
 *
 * @throws AuthError `invalid`
 */
export async function verifySignature(
  token: string,
  key: VerificationKey,
  expected: {
    readonly algorithm: Algorithm
    readonly issuer: string
    readonly audience: string
    readonly typ: 'at+jwt' | undefined
    readonly clockSkewSeconds: number
    readonly now: number
  },
): Promise<void> {
  try {
    await jwtVerify(token, key as JWK, {
      algorithms: [expected.algorithm],
      issuer: expected.issuer,
      audience: expected.audience,
      ...(expected.typ !== undefined && { typ: expected.typ }),
      requiredClaims: ['iss', 'aud', 'exp', 'iat', 'sub'],
      clockTolerance: expected.clockSkewSeconds,
      currentDate: new Date(expected.now),
    })
  } catch (error) {
    if (error instanceof errors.JOSEError)
      throw new AuthError('invalid', `the signature does not verify (${error.code})`)
    // What an unusable key of the issuer ends in: too short, not on its curve.
    if (error instanceof TypeError || error instanceof DOMException)
      throw new AuthError('invalid', `the key of the issuer cannot be used (${error.name})`)
    throw error
  }
}
