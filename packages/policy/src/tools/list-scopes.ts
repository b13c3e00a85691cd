import { toolsFor } from '@postern/tool'
import { z } from 'zod'
import type { Access } from '../access.ts'
import { selfScope } from '../decide.ts'

const word = () => z.string().max(500)

/** Tells the caller what it may do, by which rule, over which rows: the policy as it applies to this caller. */
export const listScopes = toolsFor<{ access: Access }>()({
  name: 'list_scopes',
  version: '1.0.0',
  title: 'List scopes',
  description:
    'Lists what you may do here: each tool and resource, the rule that decides, rows, masked fields, rate and approvals. Use it before planning, and after PERMISSION_DENIED.',
  effect: 'read',
  scope: selfScope,
  input: z.strictObject({}),
  output: z.strictObject({
    scopes: z.array(
      z.strictObject({
        name: word(),
        allowed: z.boolean(),
        rule: word(),
        because: word().optional(),
        rows: z.array(word()).optional(),
        masked: z.array(word()).optional(),
        rate: word().optional(),
        approval: word().optional(),
      }),
    ),
  }),
  handler: async (_input, { ports }) => ({
    scopes: ports.access.targets().map(({ rows, masked, ...target }) => ({
      ...target,
      ...(rows && { rows: [...rows] }),
      ...(masked && { masked: [...masked] }),
    })),
  }),
})
