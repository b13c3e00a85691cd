import type { Tool } from '@postern/tool'
import { canonical } from '@postern/tool'
import { z } from 'zod'
import type { ApprovalCondition, ApprovalRules } from './approvals-section.ts'

export interface ApprovalFault {
  /** Where in the environment file. */
  readonly path: readonly string[]
  readonly problem: string
}

/**
 * What is wrong with the rules in the light of the tools: a condition on a misspelt field or on a value that the field
 * can never have would guard nothing, silently.
 *
 * @returns one sentence a fault; empty when all is well
 */
export function approvalFaults(rules: ApprovalRules, tools: readonly Tool[]): ApprovalFault[] {
  return Object.entries(rules).flatMap(([name, rule]) => {
    const tool = tools.find((candidate) => candidate.name === name)
    if (tool === undefined) return []
    return Object.entries(rule.when ?? {}).flatMap(([field, condition]) => {
      const problem = fault(tool, field, condition)
      return problem === undefined ? [] : [{ path: ['approvals', name, 'when', field], problem }]
    })
  })
}

function fault(tool: Tool, field: string, condition: ApprovalCondition): string | undefined {
  const where = `approvals.${tool.name}.when.${field}`
  const { idempotency_key: _, ...shape } = tool.input.shape
  const schema = Object.hasOwn(shape, field) ? shape[field] : undefined
  if (schema === undefined)
    return `${where}: ${tool.name} has no input ${field}. Its inputs: ${Object.keys(shape).join(', ')}.`
  if (!Array.isArray(condition) && !('not' in condition)) {
    return takesNumbers(schema) ? undefined : `${where}: ${field} is not a number, so it is never over or under one.`
  }
  const never = (Array.isArray(condition) ? condition : condition.not).find((value) => !canBe(schema, value))
  if (never === undefined) return undefined
  return `${where}: ${field} can never be ${JSON.stringify(never)}, so this would not guard anything. Correct the value.`
}

/** The value itself comes out of the schema, alone or in a list: what is compared later is the parsed value. */
function canBe(schema: z.core.$ZodType, value: unknown): boolean {
  return [value, [value]].some((candidate) => {
    const parsed = z.safeParse(schema, candidate)
    return parsed.success && canonical(parsed.data) === canonical(candidate)
  })
}

function takesNumbers(schema: z.core.$ZodType): boolean {
  return [0, [0]].some((candidate) => {
    const parsed = z.safeParse(schema, candidate)
    return (
      parsed.success ||
      parsed.error.issues.every((issue) => issue.code !== 'invalid_type' && issue.code !== 'invalid_value')
    )
  })
}
