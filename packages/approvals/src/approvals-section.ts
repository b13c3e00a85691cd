import { z } from 'zod'
import { durationMs } from './duration-ms.ts'

const Role = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'a role name of small letters, digits and dashes')
const Field = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'a field of the input, in small letters, digits and underscores')
const Values = z
  .array(z.union([z.string().min(1).max(200), z.number(), z.boolean()]))
  .min(1)
  .max(200)

/** Closed on purpose: what a reviewer cannot read at a glance does not guard anything. */
const Condition = z.union([
  Values,
  z.strictObject({ not: Values }),
  z.strictObject({ over: z.number() }),
  z.strictObject({ under: z.number() }),
])

/**
 * Idempotency keeps the answer of a finished write for seven days. No approval outlives it, so that no approval can ever
 * meet its own idempotency key free again after the effect.
 */
const expiresMsMax = 7 * 24 * 60 * 60 * 1000

const Rule = z.strictObject({
  when: z
    .record(Field, Condition)
    .optional()
    .describe('All of these must hold; without it every call of the tool needs approval.'),
  by: z.array(Role).min(1).max(50).describe('Who may approve: a holder of one of these roles, in the same tenant.'),
  self: z
    .boolean()
    .default(false)
    .describe(
      'True lets a caller who holds one of the roles in `by` approve their own call; clients that can, ask them.',
    ),
  services: z.boolean().default(false).describe('True lets a service approve; otherwise only people do.'),
  expires: z
    .string()
    .refine(
      (text) => (durationMs(text) ?? Number.POSITIVE_INFINITY) <= expiresMsMax,
      'a duration up to 7d, such as 30min or 4h',
    )
    .default('24h')
    .describe('From the request on; an approval that is not used by then is void.'),
})

/** One condition on one field of the input. A list: the value is one of these. */
export type ApprovalCondition = z.output<typeof Condition>

export interface ApprovalRule {
  readonly when?: Readonly<Record<string, ApprovalCondition>> | undefined
  readonly by: readonly string[]
  readonly self: boolean
  readonly services: boolean
  readonly expires: string
}

/** Rules by tool name. */
export type ApprovalRules = Readonly<Record<string, ApprovalRule>>

/**
 * The `approvals` section of the environment file: which writes a person has to approve, and who may.
 *
 * Field names, values and roles cannot be judged here; `approvalFaults` does that once the whole file is known.
 *
 * @param writeTools names of the tools of this server that change something; nothing else can need approval
 */
export function approvalsSection(writeTools: readonly string[]): z.ZodType<ApprovalRules, unknown> {
  const rules = Object.fromEntries(writeTools.map((tool) => [tool, Rule.optional()]))
  return z
    .strictObject(rules)
    .default({})
    .describe('Writes that a person has to approve, by tool.') as unknown as z.ZodType<ApprovalRules, unknown>
}
