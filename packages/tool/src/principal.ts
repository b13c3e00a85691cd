/**
 * Who is asking, as proved by a token (or named by a development file), never as claimed by tool input.
 *
 * `issuer` + `subject` identify the caller everywhere: in audit, limits, idempotency keys and handles.
 * `clientId` is the OAuth client, shared by all its users, and identifies nobody.
 */
export interface Principal {
  readonly issuer: string
  readonly subject: string
  /** Every row belongs to one tenant; a principal sees rows of its own only. */
  readonly tenant: string
  readonly kind: 'user' | 'service'
  /** The service that acts on behalf of `subject` (RFC 8693 `act`). */
  readonly actor?: string
  readonly clientId?: string
  /** Names the credential without revealing it: the token's `jti`, or a hash of it. */
  readonly credentialId: string
  /** Seconds since the epoch at which the credential was issued, where it says so. */
  readonly issuedAt?: number
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  /** What row rules may refer to as `$name`; every value is a set. */
  readonly attributes: Readonly<Record<string, readonly string[]>>
  /** Why the caller acts. Without one, only roles for `all` purposes apply. */
  readonly purposes: readonly string[]
  /** True drops every write, whatever the roles grant. */
  readonly readOnly: boolean
  /** Subject of the verified TLS client certificate, where one was presented. */
  readonly certificateSubject?: string
  /** Seconds since the epoch. */
  readonly expiresAt?: number
}

/** The one string that stands for a principal in keys and hashes. The separator cannot occur in either part. */
export function principalId(principal: Pick<Principal, 'issuer' | 'subject'>): string {
  return `${principal.issuer}\u0000${principal.subject}`
}
