import type { Reason } from '@postern/errors'
import type { Principal, Target } from '@postern/tool'
import type { Role, Roles } from './roles-section.ts'
import { type RowScope, rowsOf } from './rows.ts'

export interface Policy {
  readonly roles: Roles
  /** `read_only: true` on the environment file: drops every write of every role. */
  readonly readOnly: boolean
  /** Names this very policy in audit and `whoami`: a hash of the environment file. */
  readonly version: string
}

/** One role that grants this target to this caller. */
export interface Grant {
  readonly role: string
  readonly mask: readonly string[]
  readonly rows: Role['rows']
  /** The limit of this role on this target, such as `20/min`. */
  readonly rate: string | undefined
}

export type Decision = Allowed | Denied
export interface Allowed {
  readonly allowed: true
  readonly listed: true
  readonly rule: string
  readonly grants: readonly Grant[]
}
export interface Denied {
  readonly allowed: false
  /** True where only the token lacks the scope: the tool is shown, and a better token may call it. */
  readonly listed: boolean
  readonly rule: string
  readonly reason: Reason<'PERMISSION_DENIED'>
  /** Why, in words for the caller. */
  readonly because: string
}

/**
 * Decides whether a caller may use a target at all. Deny by default: some role must grant it for one of the caller's
 * purposes, nothing may say read-only against a write, and the token must carry the scope.
 *
 * Rows and masks of the grants are applied by `bind`, where the records are.
 */
export function decide(policy: Policy, principal: Principal, target: Target): Decision {
  const verdicts = principal.roles.map((name) => judge(name, policy.roles, principal, target))
  const grants = verdicts.filter((verdict) => 'role' in verdict)
  if (grants.length === 0)
    return refusal(
      verdicts.filter((verdict) => 'reason' in verdict),
      target,
    )

  const rule = `roles.${grants.map((grant) => grant.role).join('+')}`
  if (target.effect !== 'read' && (policy.readOnly || principal.readOnly)) {
    const source = policy.readOnly ? 'read_only' : 'principal.read_only'
    return denied('read_only', source, policy.readOnly ? 'this deployment is read-only' : 'your token is read-only')
  }
  if (!holdsScope(principal.scopes, target.scope))
    return {
      ...denied('scope_missing', `scope.${target.scope}`, `your token lacks the scope ${target.scope}`),
      listed: true,
    }
  return { allowed: true, listed: true, rule, grants }
}

/** The rows over all grants: what one role lets in, another cannot take away. */
export function rowScope(grants: readonly Grant[], principal: Principal): RowScope {
  return grants.map((grant) => rowsOf(grant.rows, principal)).filter((rows) => rows !== undefined)
}

/** The scope of what tells a caller about nobody but itself; every valid token holds it. */
export const selfScope = 'self:read'

/** A scope is held by itself, and `x:read` by `x:write`. Never by a longer name that merely starts alike. */
export function holdsScope(held: readonly string[], needed: string): boolean {
  return (
    needed === selfScope ||
    held.includes(needed) ||
    (needed.endsWith(':read') && held.includes(`${needed.slice(0, -':read'.length)}:write`))
  )
}

interface Refusal {
  readonly reason: Reason<'PERMISSION_DENIED'>
  readonly rule: string
  readonly because: string
}

/** A role that counts for a caller: the file defines it, and its purposes and certificate are the caller's. */
export interface ActiveRole {
  readonly name: string
  readonly role: Role
}

/**
 * The roles that count for a caller, whatever they grant. The name of a role in a token alone is none of them.
 *
 * For what is decided by role and not by grant, such as who may approve.
 */
export function activeRoles({ roles }: Pick<Policy, 'roles'>, principal: Principal): readonly ActiveRole[] {
  return [...new Set(principal.roles)].flatMap((name) => {
    const role = defined(roles, name)
    return role === undefined || inactive(name, role, principal) !== undefined ? [] : [{ name, role }]
  })
}

function judge(name: string, roles: Roles, principal: Principal, target: Target): Grant | Refusal {
  const role = defined(roles, name)
  const granted = target.kind === 'tool' ? role?.tools : role?.resources
  if (role === undefined || granted === undefined || !(granted === 'all' || granted.includes(target.name)))
    return { reason: 'not_granted', rule: 'default-deny', because: `no role of yours grants ${target.name}` }
  const refused = inactive(name, role, principal)
  if (refused !== undefined) return refused
  if (role.read_only && target.effect !== 'read')
    return { reason: 'read_only', rule: `roles.${name}.read_only`, because: `role ${name} may only read` }
  return { role: name, mask: role.mask, rows: role.rows, rate: role.limits[target.name] }
}

const defined = (roles: Roles, name: string): Role | undefined => (Object.hasOwn(roles, name) ? roles[name] : undefined)

/** Why a role of the file does not count for this caller; undefined when it does. */
function inactive(name: string, role: Role, principal: Principal): Refusal | undefined {
  if (role.purposes !== 'all' && !role.purposes.some((purpose) => principal.purposes.includes(purpose)))
    return {
      reason: 'purpose',
      rule: `roles.${name}.purposes`,
      because: `role ${name} is for ${role.purposes.join(', ')} only`,
    }
  if (role.client_certificate && role.client_certificate.subject !== principal.certificateSubject)
    return {
      reason: 'client_certificate',
      rule: `roles.${name}.client_certificate`,
      because: `role ${name} requires a client certificate`,
    }
  return undefined
}

/** The refusal that came closest to a grant helps most: a wrong purpose tells more than "not granted". */
function refusal(verdicts: readonly Refusal[], target: Target): Denied {
  const nearest = verdicts.find((verdict) => verdict.reason !== 'not_granted') ?? verdicts[0]
  return nearest
    ? denied(nearest.reason, nearest.rule, nearest.because)
    : denied('not_granted', 'default-deny', `you have no role that grants ${target.name}`)
}

function denied(reason: Reason<'PERMISSION_DENIED'>, rule: string, because: string): Denied {
  return { allowed: false, listed: false, rule, reason, because }
}
