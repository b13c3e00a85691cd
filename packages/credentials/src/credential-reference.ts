import { isAbsolute } from 'node:path'
import { z } from 'zod'

const location = z.string().superRefine((text, context) => {
  const fault = faultOf(text)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
})

/** The name of an environment, as the `environment` section and the tags of credentials spell it. */
export const environmentName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'a name of small letters, digits and dashes')

/**
 * What an environment file writes where a secret is needed: `file:/run/secrets/jira`, `env:NAME` (development only),
 * or `{ current, next, environment }`. `next` is the value a rotation moves to and may name a file that is not there
 * yet; `environment` is a tag: a reference copied into the file of another environment stops the start.
 *
 * A secret itself is refused, and the message never repeats what was written.
 */
export const credentialReference = z.union([
  location,
  z.strictObject({ current: location, next: location.optional(), environment: environmentName.optional() }),
])

export type CredentialReference = z.output<typeof credentialReference>

/** A reference in its long form. */
export interface CredentialLocations {
  readonly current: string
  readonly next?: string | undefined
  readonly environment?: string | undefined
}

export function locationsOf(reference: CredentialReference): CredentialLocations {
  return typeof reference === 'string' ? { current: reference } : reference
}

/** What is wrong with a location, in words; undefined when it can be used. Never repeats a text that may be a secret. */
export function faultOf(text: string): string | undefined {
  if (text.startsWith('env:'))
    return /^env:[A-Za-z_]\w{0,127}$/.test(text)
      ? undefined
      : 'env: needs the name of an environment variable, as in env:JIRA_TOKEN'
  if (!text.startsWith('file:'))
    return 'a secret never stands in this file: put it into a file of its own and write file:/path/to/it here'
  return isAbsolute(text.slice('file:'.length))
    ? undefined
    : 'file: needs an absolute path, as in file:/run/secrets/jira, because a server may start in any directory'
}

const depthMax = 16

/**
 * Every credential reference in a parsed environment file, by its dotted path (`backend.credential`,
 * `identity.issuers.0.introspection.client_secret`): each text that starts with `file:` or `env:`, and each map whose
 * `current` does.
 */
export function collectReferences(config: unknown): Record<string, CredentialReference> {
  const found: Record<string, CredentialReference> = {}
  const visit = (value: unknown, path: readonly string[]) => {
    if (isReference(value)) found[path.join('.')] = value
    else if (typeof value === 'object' && value !== null && path.length < depthMax)
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key])
  }
  visit(config, [])
  return found
}

function isReference(value: unknown): value is CredentialReference {
  if (typeof value === 'string') return isLocation(value)
  return typeof value === 'object' && value !== null && 'current' in value && isLocation(value.current)
}

const isLocation = (value: unknown): boolean => typeof value === 'string' && /^(file|env):/.test(value)
