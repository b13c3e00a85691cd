import type { Principal, Target } from '@postern/tool'
import { decide, type Policy } from './decide.ts'
import type { Roles } from './roles-section.ts'
import { describeRows } from './rows.ts'

/** What one role may do with one target under one purpose. */
export interface MatrixCell {
  readonly role: string
  /** `none`: a caller without a purpose. */
  readonly purpose: string
  readonly kind: Target['kind']
  readonly target: string
  readonly effect: Target['effect']
  readonly allowed: boolean
  readonly rule: string
  /** Of an allowed cell: which rows, and which fields are left out. */
  readonly rows: string
  readonly masked: readonly string[]
}

/** Every purpose that some role of the file names, and a caller without one. */
export function purposesOf(roles: Roles): readonly string[] {
  const named = Object.values(roles).flatMap((role) => (role.purposes === 'all' ? [] : role.purposes))
  return [...new Set(named)].sort().concat('none')
}

/**
 * The whole policy of a deployment as a table: role × purpose × tool or resource, each cell decided by the very
 * function that decides calls, for a caller whose token holds every scope.
 */
export function matrix(policy: Policy, targets: readonly Target[]): MatrixCell[] {
  return Object.keys(policy.roles).flatMap((role) =>
    purposesOf(policy.roles).flatMap((purpose) => targets.map((target) => cell(policy, role, purpose, target))),
  )
}

function cell(policy: Policy, role: string, purpose: string, target: Target): MatrixCell {
  const decision = decide(policy, probe(policy, role, purpose, target), target)
  const grants = decision.allowed ? decision.grants : []
  return {
    role,
    purpose,
    kind: target.kind,
    target: target.name,
    effect: target.effect,
    allowed: decision.allowed,
    rule: decision.rule,
    rows: grants.map((grant) => describeRows(grant.rows)).join(' or '),
    masked: grants.flatMap((grant) => grant.mask),
  }
}

function probe(policy: Policy, role: string, purpose: string, target: Target): Principal {
  const subject = policy.roles[role]?.client_certificate?.subject
  return {
    issuer: 'urn:postern:matrix',
    subject: 'probe',
    tenant: 'probe',
    kind: 'user',
    credentialId: 'none',
    scopes: [target.scope],
    roles: [role],
    attributes: {},
    purposes: purpose === 'none' ? [] : [purpose],
    readOnly: false,
    ...(subject !== undefined && { certificateSubject: subject }),
  }
}

/** What `wider` grants and `narrower` does not: role, purpose and target of each such cell, in words. */
export function excess(wider: readonly MatrixCell[], narrower: readonly MatrixCell[]): string[] {
  const name = ({ role, purpose, target }: MatrixCell) => `${role} / ${purpose} / ${target}`
  const granted = new Map(narrower.filter((one) => one.allowed).map((one) => [name(one), one]))
  return wider
    .filter((one) => one.allowed)
    .flatMap((one) => {
      const other = granted.get(name(one))
      if (other === undefined) return [`${name(one)} is granted`]
      const unmasked = other.masked.filter((field) => !one.masked.includes(field))
      return [
        ...(one.rows === other.rows ? [] : [`${name(one)}: ${one.rows}, instead of ${other.rows}`]),
        ...unmasked.map((field) => `${name(one)} shows ${field}`),
      ]
    })
}
