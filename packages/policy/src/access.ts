import { cleanText, type Principal, type Target } from '@postern/tool'
import type { Decide } from './authorize.ts'
import { describeRows } from './rows.ts'

/** What is running: the same for every call of a process. */
export interface Deployment {
  readonly server: string
  readonly serverVersion: string
  readonly environment: string
  readonly policyVersion: string
}

/** What a call of one target costs or needs beside the grant, in words; supplied by the layers that enforce it. */
export interface Terms {
  /** Such as `20/min`. */
  rate(principal: Principal, target: Target): string | undefined
  /** Such as `when priority is P0, by duty-manager`. */
  approval(principal: Principal, target: Target): string | undefined
}

/** The port behind `whoami` and `list_scopes`, bound to the caller like any other. */
export interface Access {
  identity(): Identity
  targets(): readonly TargetAccess[]
}

export interface Identity {
  readonly subject: string
  readonly issuer: string
  readonly tenant: string
  readonly kind: 'user' | 'service'
  readonly on_behalf_of_by?: string
  readonly roles: readonly string[]
  readonly purposes: readonly string[]
  readonly read_only: boolean
  readonly environment: string
  readonly credential: { readonly id: string; readonly age_seconds?: number; readonly expires_in_seconds?: number }
  readonly server: { readonly name: string; readonly version: string; readonly policy: string }
}

export interface TargetAccess {
  readonly name: string
  readonly allowed: boolean
  /** The rule of the policy that decides. */
  readonly rule: string
  /** Why not, where it is refused. */
  readonly because?: string
  readonly rows?: readonly string[]
  readonly masked?: readonly string[]
  readonly rate?: string
  readonly approval?: string
}

/**
 * Binds the access port to one caller.
 *
 * @param targets the tools and resources of this server, in reading order
 * @param now milliseconds since the epoch
 */
export function access(
  principal: Principal,
  options: { deployment: Deployment; targets: readonly Target[]; decide: Decide; terms: Terms; now?: () => number },
): Access {
  const seconds = () => Math.floor((options.now ?? Date.now)() / 1000)
  return {
    identity: () => identity(principal, options.deployment, seconds()),
    targets: () => options.targets.map((target) => targetAccess(principal, target, options.decide, options.terms)),
  }
}

const nameCharsMax = 255

function identity(principal: Principal, deployment: Deployment, now: number): Identity {
  return {
    // Names come from tokens, and their text is put before a model.
    subject: cleanText(principal.subject, nameCharsMax),
    issuer: principal.issuer,
    tenant: cleanText(principal.tenant, nameCharsMax),
    kind: principal.kind,
    ...(principal.actor !== undefined && { on_behalf_of_by: cleanText(principal.actor, nameCharsMax) }),
    roles: principal.roles.map((role) => cleanText(role, nameCharsMax)),
    purposes: principal.purposes.map((purpose) => cleanText(purpose, nameCharsMax)),
    read_only: principal.readOnly,
    environment: deployment.environment,
    credential: {
      id: principal.credentialId,
      ...(principal.issuedAt !== undefined && { age_seconds: Math.max(0, now - principal.issuedAt) }),
      ...(principal.expiresAt !== undefined && { expires_in_seconds: Math.max(0, principal.expiresAt - now) }),
    },
    server: { name: deployment.server, version: deployment.serverVersion, policy: deployment.policyVersion },
  }
}

function targetAccess(principal: Principal, target: Target, decide: Decide, terms: Terms): TargetAccess {
  const decision = decide(principal, target)
  if (!decision.allowed) return { name: target.name, allowed: false, rule: decision.rule, because: decision.because }
  const rate = terms.rate(principal, target)
  const approval = terms.approval(principal, target)
  const masked = decision.grants
    .map((grant) => grant.mask)
    .reduce((all, mask) => all.filter((field) => mask.includes(field)))
  return {
    name: target.name,
    allowed: true,
    rule: decision.rule,
    rows: [...new Set(decision.grants.map((grant) => describeRows(grant.rows)))],
    ...(masked.length > 0 && { masked }),
    ...(rate !== undefined && { rate }),
    ...(approval !== undefined && { approval }),
  }
}
