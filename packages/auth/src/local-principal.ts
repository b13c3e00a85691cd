import type { Principal } from '@postern/tool'
import { IdentityError } from './identity-error.ts'
import type { LocalPrincipals } from './identity-section.ts'

/**
 * A principal named by a development file, without any token. Whether it may be served (environment and listener) is
 * for the caller to see to.
 *
 * @param name its name, or undefined for the default of the file
 * @param allScopes the scopes of this server, for principals with `scopes: all`
 * @throws IdentityError that names the principals there are
 */
export function localPrincipal(
  local: LocalPrincipals,
  name: string | undefined,
  allScopes: readonly string[],
): Principal {
  const chosen = name ?? local.default
  const names = Object.keys(local.principals).join(', ') || 'none'
  if (chosen === undefined)
    throw new IdentityError(
      `Set POSTERN_PRINCIPAL to one of the local principals (${names}), or identity.local.default.`,
    )
  const config = Object.hasOwn(local.principals, chosen) ? local.principals[chosen] : undefined
  if (config === undefined)
    throw new IdentityError(
      `There is no local principal ${JSON.stringify(chosen)} in identity.local. There are: ${names}.`,
    )
  return Object.freeze({
    issuer: 'urn:postern:local',
    subject: chosen,
    tenant: config.tenant,
    kind: config.kind,
    credentialId: `local:${chosen}`,
    scopes: Object.freeze([...(config.scopes === 'all' ? allScopes : config.scopes)]),
    roles: Object.freeze([...config.roles]),
    attributes: frozenSets(config.attributes),
    purposes: Object.freeze([...config.purposes]),
    readOnly: config.read_only,
  })
}

function frozenSets(attributes: Principal['attributes']): Principal['attributes'] {
  return Object.freeze(
    Object.fromEntries(Object.entries(attributes).map(([name, values]) => [name, Object.freeze([...values])])),
  )
}
