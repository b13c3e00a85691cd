import type { Credentials } from '@postern/credentials'
import type { Json } from './decode-token.ts'
import { type DevelopmentIssuer, developmentMapping } from './development-issuer.ts'
import { IdentityError } from './identity-error.ts'
import type { IdentitySection, IssuerConfig } from './identity-section.ts'
import { introspection } from './introspection.ts'
import { type KeyEvent, type KeySource, localKeys, RemoteKeys } from './key-source.ts'
import type { RevocationEvent } from './revocation-list.ts'
import type { HeaderRules } from './signed-token.ts'
import type { ClaimMapping } from './to-principal.ts'

/** For log and metrics; nothing in it needs an answer. */
export type AuthEvent = KeyEvent | RevocationEvent

export interface VerifierDependencies {
  /** The `environment` of the file. */
  readonly environment: string
  /** Used when the section names no audience, which only a development file may leave out. */
  readonly audience?: string
  /** Opened over `collectReferences` of the whole environment file; needed for introspection only. */
  readonly credentials?: Pick<Credentials, 'withRotation'>
  /** Accepted in development only. */
  readonly developmentIssuer?: DevelopmentIssuer
  readonly onEvent?: (event: AuthEvent) => void
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** An issuer and the one way its tokens are verified: by its keys, or by asking it. */
export interface AcceptedIssuer extends HeaderRules {
  readonly issuer: string
  readonly mapping: ClaimMapping
  readonly keys?: KeySource
  readonly introspect?: (token: string) => Promise<Json>
}

/**
 * The issuers of a section by their `iss`, and in development the development issuer.
 *
 * @param onWithdrawn called when an issuer no longer publishes a key it used to publish
 * @throws IdentityError
 */
export function acceptedIssuers(
  section: IdentitySection,
  dependencies: VerifierDependencies,
  onWithdrawn: () => void,
): ReadonlyMap<string, AcceptedIssuer> {
  const accepted = new Map<string, AcceptedIssuer>()
  for (const [index, config] of section.issuers.entries())
    accepted.set(config.issuer, {
      issuer: config.issuer,
      algorithms: config.algorithms,
      typ: config.typ,
      mapping: { ...section.claims, fixedTenant: config.tenant },
      ...wayToVerify(config, index, dependencies, onWithdrawn),
    })
  const { developmentIssuer, environment } = dependencies
  if (developmentIssuer === undefined) return accepted
  if (environment !== 'development') throw new IdentityError(`A development issuer cannot be used in ${environment}.`)
  return accepted.set(developmentIssuer.issuer, {
    issuer: developmentIssuer.issuer,
    algorithms: ['EdDSA'],
    typ: 'at+jwt',
    mapping: developmentMapping,
    keys: localKeys(developmentIssuer.jwks),
  })
}

function wayToVerify(
  config: IssuerConfig,
  index: number,
  // Without a clock from outside, ages of keys are measured by one that is never set back.
  { credentials, onEvent = () => {}, now = () => performance.now() }: VerifierDependencies,
  onWithdrawn: () => void,
): Pick<AcceptedIssuer, 'keys' | 'introspect'> {
  if (config.jwks !== undefined) return { keys: new RemoteKeys({ url: config.jwks, now, onEvent, onWithdrawn }) }
  if (config.introspection === undefined) return {}
  if (credentials === undefined)
    throw new IdentityError(`identity.issuers.${index}.introspection needs the credentials of the environment file.`)
  const { url, client_id: clientId } = config.introspection
  const secretName = `identity.issuers.${index}.introspection.client_secret`
  return { introspect: introspection({ url, clientId, credentials, secretName }) }
}
