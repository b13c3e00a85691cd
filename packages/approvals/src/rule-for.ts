import type { Attributes } from '@postern/policy'
import type { ApprovalCondition, ApprovalRule, ApprovalRules } from './approvals-section.ts'

/** What is known of a call beside its input: a draft id resolved to what the draft says. */
export type Facts = Readonly<Record<string, unknown>>

/** What a call is about, beyond its arguments. */
export interface Subject {
  /** Rules look at them. Without them a field that a call leaves out counts as met. */
  readonly facts?: Facts | undefined
  /** The row attributes of the record that would be written, without `tenant`: an approver's role has to cover it. */
  readonly rows?: Attributes | undefined
}

/**
 * The rule of a tool. A deprecated version (`create_ticket_v1`) is under the rule of its tool unless it has its own:
 * an old name must not be the way around an approval.
 */
export function ruleFor(rules: ApprovalRules, tool: string): ApprovalRule | undefined {
  const named = (name: string) => (Object.hasOwn(rules, name) ? rules[name] : undefined)
  return named(tool) ?? named(tool.replace(/_v\d+$/, ''))
}

/**
 * Whether a rule asks for approval of this very call: all of its conditions hold.
 *
 * Fails closed: a field that the call leaves out counts as met, since nobody can say that its value is harmless. Where
 * `facts` are given, they are complete, and a field in neither is known to be absent.
 */
export function applies(rule: ApprovalRule, input: Facts, facts: Facts | undefined): boolean {
  const known = { ...input, ...facts }
  return Object.entries(rule.when ?? {}).every(([field, condition]) => {
    const value = Object.hasOwn(known, field) ? known[field] : undefined
    return value === undefined && facts === undefined ? true : holds(condition, value)
  })
}

/** On a list, a condition holds when it holds for one of its members. */
function holds(condition: ApprovalCondition, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((member) => holds(condition, member))
  if (Array.isArray(condition)) return condition.some((one) => one === value)
  if ('not' in condition) return !condition.not.some((one) => one === value)
  if (value === undefined) return false
  if (typeof value !== 'number') return true
  return 'over' in condition ? value > condition.over : value < condition.under
}
