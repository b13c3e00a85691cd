import { toolsFor } from '@postern/tool'
import { z } from 'zod'
import type { Access } from '../access.ts'
import { selfScope } from '../decide.ts'

const word = () => z.string().max(255)

/** Tells the caller who this server takes it for. First in every list: without arguments, harmless, always granted last. */
export const whoami = toolsFor<{ access: Access }>()({
  name: 'whoami',
  version: '1.0.0',
  title: 'Who am I',
  description:
    'Shows who you are to this server: identity, tenant, roles, purpose, environment, credential age. Use it when a call is refused.',
  effect: 'read',
  scope: selfScope,
  input: z.strictObject({}),
  output: z.strictObject({
    identity: z.strictObject({
      subject: word(),
      issuer: word(),
      tenant: word(),
      kind: z.enum(['user', 'service']),
      on_behalf_of_by: word().optional(),
      roles: z.array(word()),
      purposes: z.array(word()),
      read_only: z.boolean(),
      environment: word(),
      credential: z.strictObject({
        id: word(),
        age_seconds: z.int().optional(),
        expires_in_seconds: z.int().optional(),
      }),
      server: z.strictObject({ name: word(), version: word(), policy: word() }),
    }),
  }),
  handler: async (_input, { ports }) => {
    const { roles, purposes, ...identity } = ports.access.identity()
    return { identity: { ...identity, roles: [...roles], purposes: [...purposes] } }
  },
})
