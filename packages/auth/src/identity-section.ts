import { isAbsolute } from 'node:path'
import { credentialReference, environmentName } from '@postern/credentials'
import { z } from 'zod'
import { developmentIssuerPrefix } from './development-issuer-prefix.ts'

/** Signatures with a public key only: with a symmetric one, whoever can verify can also sign (RFC 8725 section 2.1). */
const algorithms = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
  'EdDSA',
  'Ed25519',
] as const
export type Algorithm = (typeof algorithms)[number]

/** The attributes of a principal that row rules always have; a claim must not replace them. */
const builtIn = ['subject', 'tenant']

const claimName = z.string().min(1).max(200)
const name = z.string().regex(/^[A-Za-z0-9][\w.@-]{0,127}$/, 'a name of letters, digits, dots and dashes')
const attributeName = z
  .string()
  .regex(/^[A-Za-z]\w{0,63}$/, 'a name of letters, digits and underscores')
  .refine((text) => !builtIn.includes(text), 'not subject or tenant: row rules have $subject and $tenant already')

const secureUrl = z.string().superRefine((text, context) => {
  if (!isSecureUrl(text)) context.addIssue({ code: 'custom', message: 'an https URL (http only for a loopback host)' })
})

/** Clients send the URL as their parser spells it, and tokens carry what clients sent. */
const audience = z.string().superRefine((text, context) => {
  const url = isSecureUrl(text) ? new URL(text) : undefined
  const wanted = url && `${url.origin}${url.pathname}`
  if (wanted === undefined)
    context.addIssue({ code: 'custom', message: 'the https URL of this server (http only for a loopback host)' })
  else if (wanted !== text) context.addIssue({ code: 'custom', message: `the URL in its canonical form: ${wanted}` })
})

const issuer = z
  .strictObject({
    issuer: secureUrl.describe('The `iss` of its tokens, letter by letter.'),
    jwks: secureUrl.optional().describe('Where its public keys stand.'),
    introspection: z
      .strictObject({ url: secureUrl, client_id: z.string().min(1).max(500), client_secret: credentialReference })
      .optional()
      .describe('Instead of jwks: ask the issuer about each token (RFC 7662). For issuers of opaque tokens.'),
    algorithms: z.array(z.enum(algorithms)).min(1).default(['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519']),
    typ: z
      .enum(['at+jwt', 'any'])
      .default('at+jwt')
      .describe('`any` for issuers whose access tokens are not marked as such (RFC 9068).'),
    tenant: z.string().min(1).max(200).optional().describe('For an issuer of one tenant: instead of a claim.'),
  })
  .superRefine((value, context) => {
    if ((value.jwks === undefined) === (value.introspection === undefined))
      context.addIssue({ code: 'custom', message: 'an issuer needs either jwks or introspection' })
  })

const claims = z
  .strictObject({
    tenant: claimName.default('tenant'),
    roles: claimName.default('roles'),
    purpose: claimName.default('purpose').describe('One purpose or a list. A token without it acts for no purpose.'),
    attributes: z.array(attributeName).max(50).default([]).describe('Claims that row rules may use as $name.'),
    scopes: claimName.optional().describe('Instead of `scope` and `scp`, which are both read.'),
    kind: claimName
      .optional()
      .describe(
        'A claim that says `user` or `service` (or `app`); a token without it is a service. Required where a person approves.',
      ),
    read_only: claimName.optional().describe('A claim that is true for callers who may only read.'),
  })
  .prefault({})

const localPrincipal = z.strictObject({
  tenant: z.string().min(1).max(200),
  roles: z.array(z.string().min(1).max(200)).max(100),
  attributes: z.record(attributeName, z.array(z.string().max(500)).max(500)).default({}),
  purposes: z.array(z.string().min(1).max(200)).max(50).default([]),
  kind: z.enum(['user', 'service']).default('user'),
  read_only: z.boolean().default(false),
  scopes: z.union([z.literal('all'), z.array(z.string().min(1).max(200)).max(200)]).default('all'),
})

const local = z
  .strictObject({
    default: name.optional().describe('Who calls when nobody is named.'),
    principals: z.record(name, localPrincipal),
  })
  .superRefine((value, context) => {
    if (value.default === undefined || Object.hasOwn(value.principals, value.default)) return
    const known = Object.keys(value.principals).join(', ')
    context.addIssue({ code: 'custom', path: ['default'], message: `one of the principals below: ${known}` })
  })

const otherEnvironment = z
  .strictObject({ name: environmentName, issuer: secureUrl.optional(), audience: secureUrl.optional() })
  .superRefine((value, context) => {
    if (value.issuer === undefined && value.audience === undefined)
      context.addIssue({ code: 'custom', message: 'an environment is recognised by its issuer or its audience' })
  })

/**
 * The `identity` section of the environment file: whose tokens this server accepts and what they say about a caller.
 *
 * Claims are looked up as written, and if there is no such claim, along the dots (`realm_access.roles`).
 */
export const identitySection = z
  .strictObject({
    audience: audience.optional().describe('The URL of this server, as tokens name it. Required outside development.'),
    issuers: z.array(issuer).max(8).default([]),
    claims,
    local: local.optional().describe('Named principals without a token, for development only.'),
    other_environments: z
      .array(otherEnvironment)
      .max(20)
      .default([])
      .describe('Only to name and count refusals: nothing is ever accepted from them.'),
    revoked: z
      .string()
      .refine(isAbsolute, 'an absolute path')
      .optional()
      .describe('A file that lists revoked tokens, one jti (or `sub:<subject>`) a line; read again when it changes.'),
    clock_skew_s: z.int().min(0).max(60).default(5).describe('Seconds by which clocks may differ.'),
  })
  .superRefine((section, context) => {
    for (const { path, message } of contradictions(section))
      context.addIssue({ code: 'custom', path: [...path], message })
  })
  .prefault({})

export type IdentitySection = z.output<typeof identitySection>
export type IssuerConfig = IdentitySection['issuers'][number]
export type ClaimNames = IdentitySection['claims']
export type LocalPrincipals = z.output<typeof local>

/** Something in the section that is wrong, and where. */
export interface IdentityProblem {
  /** Within the section. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

/**
 * What the section alone cannot know: whether it fits the environment it stands in. The host calls it at start, and
 * starts only if there is nothing to say.
 */
export function identityProblems(section: IdentitySection, environment: string): IdentityProblem[] {
  if (environment === 'development') return []
  const problems: IdentityProblem[] = []
  if (section.local !== undefined)
    problems.push({ path: ['local'], message: `local principals are for development only, and this is ${environment}` })
  if (section.audience === undefined)
    problems.push({ path: ['audience'], message: 'audience is missing: without it, tokens for other servers would do' })
  if (section.issuers.length === 0)
    problems.push({ path: ['issuers'], message: 'issuers is missing: outside development every caller needs a token' })
  return problems
}

function contradictions(
  section: Pick<IdentitySection, 'audience' | 'issuers' | 'other_environments'>,
): IdentityProblem[] {
  const problems: IdentityProblem[] = []
  const seen = new Set<string>()
  for (const [index, { issuer, introspection }] of section.issuers.entries()) {
    if (seen.has(issuer))
      problems.push({ path: ['issuers', index, 'issuer'], message: 'a different issuer: this one stands twice' })
    seen.add(issuer)
    // An opaque token does not say who issued it, and must not be shown to the wrong one.
    if (introspection && section.issuers.findIndex((other) => other.introspection) < index)
      problems.push({ path: ['issuers', index, 'introspection'], message: 'only one issuer may use introspection' })
  }
  for (const [index, other] of section.other_environments.entries()) {
    if (other.audience === undefined && other.issuer !== undefined && seen.has(other.issuer))
      problems.push({
        path: ['other_environments', index],
        message: 'this issuer is ours too: add the audience by which the other environment is told apart',
      })
    if (other.audience !== undefined && other.audience === section.audience)
      problems.push({ path: ['other_environments', index, 'audience'], message: 'not the audience of this server' })
  }
  return problems
}

function isSecureUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.username !== '' || url.password !== '' || /[\s#]/.test(text)) return false
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname))
  )
}

/** True for an issuer that only a development environment ever accepts. */
export function isDevelopmentIssuer(issuer: unknown): boolean {
  return typeof issuer === 'string' && issuer.startsWith(developmentIssuerPrefix)
}
