import { z } from 'zod'
import { unused } from '../domain/draft.ts'
import { draftOrFields, proposed } from '../domain/draft-or-fields.ts'
import { assess } from '../domain/quality/assess.ts'
import { QualityIssue } from '../domain/quality/issue.ts'
import { defineTool } from '../tool.ts'

/** Says what create_ticket would say, without opening or keeping anything. */
export const validateTicket = defineTool({
  name: 'validate_ticket',
  version: '1.0.0',
  title: 'Validate ticket',
  description:
    'Says what is wrong with a draft or with the fields of a ticket, likely duplicates included, and keeps nothing. Use it before create_ticket: errors block it, warnings do not.',
  effect: 'read',
  scope: 'tickets:read',

  input: z.strictObject(draftOrFields),

  output: z.strictObject({
    validation: z.strictObject({ valid: z.boolean(), issues: z.array(QualityIssue) }),
  }),

  async handler(input, { ports, signal }) {
    const issues = await assess(unused(await proposed(input, ports, signal)), ports, signal)
    return { validation: { valid: issues.every(({ severity }) => severity === 'warning'), issues } }
  },
})
