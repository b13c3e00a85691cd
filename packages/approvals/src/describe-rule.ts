import type { ApprovalCondition, ApprovalRule } from './approvals-section.ts'

/** What `list_scopes` has room for, and a person reads. */
const charsMax = 480
const wordsMax = 12

/** A rule in words, such as `when priority is P0, by duty-manager`, for `list_scopes` and for messages; ≤ 480 characters. */
export function describeRule(rule: ApprovalRule): string {
  const conditions = Object.entries(rule.when ?? {}).map(
    ([field, condition]) => `${field} ${describeCondition(condition)}`,
  )
  const when = conditions.length === 0 ? 'always' : `when ${conditions.join(' and ')}`
  const words = `${when}, by ${anyOf(rule.by)}${rule.self ? ' (also for their own calls)' : ''}`
  return words.length > charsMax ? `${words.slice(0, charsMax - 1)}…` : words
}

function describeCondition(condition: ApprovalCondition): string {
  if (Array.isArray(condition)) return `is ${anyOf(condition)}`
  if ('not' in condition) return `is not ${anyOf(condition.not)}`
  return 'over' in condition ? `is over ${condition.over}` : `is under ${condition.under}`
}

/** `a`, `a or b`, `a, b or c`; of many, the first dozen. */
export function anyOf(words: readonly (string | number | boolean)[]): string {
  const shown =
    words.length > wordsMax ? [...words.slice(0, wordsMax - 1), `${words.length - wordsMax + 1} more`] : words
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`
}
