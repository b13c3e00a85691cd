import { hash } from 'node:crypto'
import type { Principal } from '@postern/tool'
import { AuthError } from './auth-error.ts'
import type { CheckedClaims } from './check-claims.ts'
import type { Json } from './decode-token.ts'
import type { ClaimNames } from './identity-section.ts'

/** Where an issuer's tokens say what. */
export interface ClaimMapping extends ClaimNames {
  /** The one tenant of the issuer; instead of a claim. */
  readonly fixedTenant?: string | undefined
  /** A claim whose members are attributes, all of them; beside the claims listed as attributes. */
  readonly attributesIn?: string | undefined
}

/**
 * What a checked token says about the caller. A claim of an unexpected form refuses the token: read as nothing it
 * might grant more (`read_only: "true"`), and the issuer has to be mended in any case.
 *
 * @returns a deeply frozen principal, safe to share between calls
 * @throws AuthError `invalid`
 */
export function toPrincipal(token: string, claims: CheckedClaims, mapping: ClaimMapping): Principal {
  const { all } = claims
  const clientId = text(all, 'client_id') ?? text(all, 'azp')
  const actor = actorOf(all)
  const tenant = mapping.fixedTenant ?? text(all, mapping.tenant)
  if (tenant === undefined) throw unexpected(mapping.tenant)
  return Object.freeze({
    issuer: claims.iss,
    subject: claims.sub,
    tenant,
    kind: kindOf(claims, mapping, clientId),
    ...(actor !== undefined && { actor }),
    ...(clientId !== undefined && { clientId }),
    credentialId: claims.jti ?? `sha256:${hash('sha256', token, 'base64url').slice(0, 16)}`,
    ...(claims.iat !== undefined && { issuedAt: claims.iat }),
    scopes: scopesOf(all, mapping),
    roles: list(all, mapping.roles) ?? nothing,
    attributes: attributesOf(all, mapping),
    purposes: list(all, mapping.purpose) ?? nothing,
    readOnly: mapping.read_only !== undefined && flag(all, mapping.read_only),
    expiresAt: claims.exp,
  })
}

/**
 * A client that acts for itself: RFC 9068 section 2.2 gives its tokens the client as subject, but not every issuer does.
 * Where a claim has to say it, a token without that claim is no person's: only people approve.
 */
function kindOf(claims: CheckedClaims, mapping: ClaimMapping, clientId: string | undefined): Principal['kind'] {
  const said = mapping.kind === undefined ? undefined : text(claims.all, mapping.kind)
  if (said === 'service' || said === 'app') return 'service'
  if (said === 'user') return 'user'
  if (said !== undefined) throw unexpected(mapping.kind ?? '')
  if (mapping.kind !== undefined) return 'service'
  return clientId !== undefined && clientId === claims.sub ? 'service' : 'user'
}

/** RFC 8693 section 4.1: the outermost `act` is who acts now; the ones inside are history. */
function actorOf(all: Json): string | undefined {
  const { act } = all
  if (act === undefined) return undefined
  if (typeof act !== 'object' || act === null || Array.isArray(act)) throw unexpected('act')
  const actor = text(act as Json, 'sub') ?? text(act as Json, 'client_id')
  if (actor === undefined) throw unexpected('act')
  return actor
}

/** A text of scopes (RFC 9068, most issuers) or a list (Okta), under either name. */
function scopesOf(all: Json, mapping: ClaimMapping): readonly string[] {
  const names = mapping.scopes === undefined ? ['scope', 'scp'] : [mapping.scopes]
  const scopes = names.flatMap((name) => (list(all, name) ?? []).flatMap((part) => part.split(' ')))
  return Object.freeze([...new Set(scopes.filter((scope) => scope !== ''))])
}

function attributesOf(all: Json, mapping: ClaimMapping): Principal['attributes'] {
  const attributes: Record<string, readonly string[]> = {}
  const own = mapping.attributesIn === undefined ? [] : Object.keys(claim(all, mapping.attributesIn) ?? {})
  const claims = [
    ...mapping.attributes.map((name) => [name, name] as const),
    ...own.map((name) => [name, `${mapping.attributesIn}.${name}`] as const),
  ]
  for (const [name, path] of claims) {
    const values = list(all, path)
    if (values !== undefined) attributes[name] = values
  }
  return Object.freeze(attributes)
}

const nothing: readonly string[] = Object.freeze([])

function list(all: Json, name: string): readonly string[] | undefined {
  const value = claim(all, name)
  if (value === undefined) return undefined
  const values: unknown[] = Array.isArray(value) ? value : [value]
  if (!values.every((item) => typeof item === 'string')) throw unexpected(name)
  return Object.freeze(values)
}

function text(all: Json, name: string): string | undefined {
  const value = claim(all, name)
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '' || value.length > 255) throw unexpected(name)
  return value
}

function flag(all: Json, name: string): boolean {
  const value = claim(all, name)
  if (value !== undefined && typeof value !== 'boolean') throw unexpected(name)
  return value ?? false
}

/** As written, because a claim may be named by a URL; else along the dots, because some issuers nest their claims. */
function claim(all: Json, name: string): unknown {
  if (Object.hasOwn(all, name)) return all[name]
  return name.split('.').reduce<unknown>((here, part) => {
    const inside = typeof here === 'object' && here !== null && Object.hasOwn(here, part)
    return inside ? (here as Record<string, unknown>)[part] : undefined
  }, all)
}

const unexpected = (name: string): AuthError =>
  new AuthError('invalid', `claim ${name} is missing or has an unexpected form`)
