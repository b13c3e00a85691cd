const wellKnown = '/.well-known/oauth-protected-resource'

/** RFC 9728 section 2, as far as a client needs it to find its way to a token. */
export interface ProtectedResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly scopes_supported: readonly string[]
  readonly bearer_methods_supported: readonly ['header']
}

/**
 * The metadata document of this server (RFC 9728). It is served without a token at both paths of
 * `protectedResourceMetadataPaths`.
 *
 * @param resource this server's audience, exactly as tokens name it
 * @param scopes the smallest useful set; the rest comes by step-up. `offline_access` is left out, as the MCP
 * authorization specification asks
 */
export function protectedResourceMetadata(options: {
  readonly resource: string
  readonly issuers: readonly string[]
  readonly scopes: readonly string[]
}): ProtectedResourceMetadata {
  return {
    resource: options.resource,
    authorization_servers: options.issuers,
    scopes_supported: options.scopes.filter((scope) => scope !== 'offline_access'),
    bearer_methods_supported: ['header'],
  }
}

/** Where clients look: the well-known path with the path of the resource appended, then the bare one. */
export function protectedResourceMetadataPaths(resource: string): readonly string[] {
  const { pathname } = new URL(resource)
  return pathname === '/' ? [wellKnown] : [`${wellKnown}${pathname}`, wellKnown]
}

/** The URL that challenges name. */
export function protectedResourceMetadataUrl(resource: string): string {
  return new URL(protectedResourceMetadataPaths(resource)[0] ?? wellKnown, resource).href
}
