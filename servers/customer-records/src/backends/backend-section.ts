import { z } from 'zod'

/** The `backend` section of the environment file: which system holds the customers. */
export const backendSection = z
  .strictObject({
    kind: z.literal('local').describe("Customers live in this server's own store."),
    sample: z.boolean().default(false).describe('True loads the sample set into a store that is empty.'),
  })
  .describe('The system that holds the customers.')

export type LocalConfig = z.output<typeof backendSection>
