import type { Algorithm } from './identity-section.ts'

/** The public part of a JSON Web Key (RFC 7517), and nothing else of it. */
export interface VerificationKey {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly kid?: string
  readonly alg?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
}

const keysMax = 100

/**
 * The keys of a JWKS that can verify a signature. Symmetric and private parts are dropped, whatever an issuer publishes
 * by mistake: a public key must never be usable as a shared secret.
 *
 * @throws Error when it is no JWKS or holds no such key
 */
export function verificationKeys(jwks: unknown): VerificationKey[] {
  const listed = typeof jwks === 'object' && jwks !== null && 'keys' in jwks ? jwks.keys : undefined
  if (!Array.isArray(listed)) throw new Error('the answer is not a JWKS')
  if (listed.length > keysMax) throw new Error(`the JWKS holds more than ${keysMax} keys`)
  const parts = listed.map(publicPart).filter((key) => key !== undefined)
  const keys = [...new Map(parts.map((key) => [JSON.stringify(key), key])).values()]
  if (keys.length === 0) throw new Error('the JWKS holds no key that can verify a signature')
  return keys
}

/** The keys that may have made a signature. Without a `kid` only if there is no choice: nothing is tried out. */
export function keysFor(
  keys: readonly VerificationKey[],
  kid: string | undefined,
  algorithm: Algorithm,
): VerificationKey[] {
  const fitting = keys.filter((key) => fits(key, algorithm) && (kid === undefined || key.kid === kid))
  return fitting.length === 1 ? fitting : []
}

function fits(key: VerificationKey, algorithm: Algorithm): boolean {
  const { kty, crv } = needed(algorithm)
  return key.kty === kty && key.crv === crv && (key.alg === undefined || key.alg === algorithm)
}

function needed(algorithm: Algorithm): { kty: string; crv: string | undefined } {
  switch (algorithm) {
    case 'ES256':
      return { kty: 'EC', crv: 'P-256' }
    case 'ES384':
      return { kty: 'EC', crv: 'P-384' }
    case 'ES512':
      return { kty: 'EC', crv: 'P-521' }
    case 'EdDSA':
    case 'Ed25519':
      return { kty: 'OKP', crv: 'Ed25519' }
    default:
      return { kty: 'RSA', crv: undefined }
  }
}

const members = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
} as const

function publicPart(value: unknown): VerificationKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const key = value as Record<string, unknown>
  const { kty, use, key_ops: operations, kid, alg } = key
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') return undefined
  if (use !== undefined && use !== 'sig') return undefined
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return undefined
  const part: Record<string, string> = { kty }
  for (const member of members[kty]) {
    const text = key[member]
    if (typeof text !== 'string') return undefined
    part[member] = text
  }
  if (typeof kid === 'string') part['kid'] = kid
  // The curve of an OKP key says it all, and since RFC 9864 its one algorithm has two names.
  if (typeof alg === 'string' && kty !== 'OKP') part['alg'] = alg
  return Object.freeze(part) as unknown as VerificationKey
}
