import type { VerifierDependencies } from '../src/accepted-issuers.ts'
import { AuthError } from '../src/auth-error.ts'
import { identitySection } from '../src/identity-section.ts'
import { createVerifier } from '../src/verifier.ts'
import { type Claims, compact, type SigningKey, type TestIssuer } from './test-issuer.ts'

export const audience = 'https://tickets.example.com/mcp'
export const signal = new AbortController().signal

/** A clock that moves only when it is told to. */
export function testClock(start = Date.parse('2026-11-20T10:00:00Z')) {
  let now = start
  return {
    now: () => now,
    seconds: () => Math.floor(now / 1000),
    advance(ms: number) {
      now += ms
    },
  }
}
export type TestClock = ReturnType<typeof testClock>

export function verifierFor(
  issuer: Pick<TestIssuer, 'issuer' | 'jwks'>,
  clock: TestClock,
  section: Readonly<Record<string, unknown>> = {},
  dependencies: Partial<VerifierDependencies> = {},
) {
  const identity = identitySection.parse({
    audience,
    issuers: [{ issuer: issuer.issuer, jwks: issuer.jwks }],
    claims: { tenant: 'org', roles: 'groups', purpose: 'purpose', attributes: ['projects'] },
    other_environments: [{ name: 'staging', issuer: 'https://id.staging.example.com/' }],
    ...section,
  })
  return createVerifier(identity, { environment: 'production', now: clock.now, ...dependencies })
}

/** The claims of a token that is good in every way. */
export function goodClaims(issuer: Pick<TestIssuer, 'issuer'>, clock: TestClock, changes: Claims = {}): Claims {
  return {
    iss: issuer.issuer,
    aud: audience,
    sub: 'user-1',
    client_id: 'agent-app',
    iat: clock.seconds(),
    exp: clock.seconds() + 300,
    jti: crypto.randomUUID(),
    scope: 'tickets:read tickets:write openid',
    org: 'acme',
    groups: ['support-agent'],
    purpose: 'support',
    projects: ['OPS', 'WEB'],
    ...changes,
  }
}

export function goodToken(
  issuer: TestIssuer,
  clock: TestClock,
  changes: Claims = {},
  key: SigningKey = issuer.key,
): string {
  return compact({ alg: key.alg, typ: 'at+jwt', kid: key.kid }, goodClaims(issuer, clock, changes), key)
}

/** How a verification ended: `ok`, or the kind of its AuthError. */
export async function outcomeOf(verification: Promise<unknown>): Promise<string> {
  try {
    await verification
    return 'ok'
  } catch (error) {
    if (error instanceof AuthError) return error.kind
    throw error
  }
}
