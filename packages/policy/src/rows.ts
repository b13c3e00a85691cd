import type { Principal } from '@postern/tool'
import type { RowRule } from './roles-section.ts'

/** The attributes of one record that row rules may name. Set-valued attributes match by overlap. */
export type Attributes = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * The rows a caller may touch: a record is in scope if one conjunction holds, and a conjunction holds if every
 * attribute in it overlaps with the record's. Plain data, small enough for every backend to push down into its own
 * query language. No conjunction: no rows.
 */
export type RowScope = readonly Conjunction[]
export type Conjunction = Readonly<Record<string, readonly string[]>>

/**
 * The rows of one role for one caller. Tenant equality is always part of it. An attribute the principal lacks yields
 * no rows: a rule that cannot be evaluated must not widen.
 */
export function rowsOf(rule: 'all' | RowRule, principal: Principal): Conjunction | undefined {
  // The schema refuses an empty rule; should one come by another way, it is no `all`.
  if (rule !== 'all' && Object.keys(rule).length === 0) return undefined
  const conjunction: Record<string, readonly string[]> = {}
  for (const [attribute, condition] of rule === 'all' ? [] : Object.entries(rule)) {
    const values = 'eq' in condition ? resolve(condition.eq, principal) : resolveAll(condition.in, principal)
    if (values.length === 0) return undefined
    conjunction[attribute] = values
  }
  // Last, so that no rule about `tenant` can replace it; the schema refuses one anyway.
  return { ...conjunction, tenant: [principal.tenant] }
}

/** Whether a record with these attributes is in scope. An attribute the record lacks does not match. */
export function inScope(attributes: Attributes, scope: RowScope): boolean {
  return scope.some((conjunction) =>
    Object.entries(conjunction).every(([name, allowed]) => overlaps(attributes[name], allowed)),
  )
}

function overlaps(value: string | readonly string[] | undefined, allowed: readonly string[]): boolean {
  if (value === undefined) return false
  return typeof value === 'string' ? allowed.includes(value) : value.some((one) => allowed.includes(one))
}

function resolveAll(values: string | readonly string[], principal: Principal): readonly string[] {
  return typeof values === 'string' ? resolve(values, principal) : values.flatMap((value) => resolve(value, principal))
}

/** `$name` stands for an attribute of the principal; `$subject` and `$tenant` are built in. */
function resolve(value: string, principal: Principal): readonly string[] {
  if (!value.startsWith('$')) return [value]
  const name = value.slice(1)
  if (name === 'subject') return [principal.subject]
  if (name === 'tenant') return [principal.tenant]
  return Object.hasOwn(principal.attributes, name) ? (principal.attributes[name] ?? []) : []
}

/** A row rule in words, for `list_scopes` and `postern access`. */
export function describeRows(rule: 'all' | RowRule): string {
  if (rule === 'all') return 'all rows of your tenant'
  const parts = Object.entries(rule).map(([attribute, condition]) => {
    const values = 'eq' in condition ? [condition.eq] : [condition.in].flat()
    return `${attribute} is ${values.map((value) => (value.startsWith('$') ? `your ${value.slice(1)}` : value)).join(' or ')}`
  })
  return `rows of your tenant where ${parts.join(' and ')}`
}
