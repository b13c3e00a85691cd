import { z } from 'zod'

/** The `backend` section of the environment file: which system holds the tickets. */
export const backendSection = z
  .strictObject({
    kind: z.literal('local').describe("Tickets live in this server's own store."),
    sample: z.boolean().default(false).describe('True loads the sample set into a store that is empty.'),
    url_base: z
      .string()
      .regex(
        /^https?:\/\/[^\s/]+(\/[^\s/]+)*$/,
        'a URL without a slash at the end, such as https://tickets.example.com/browse',
      )
      .default('https://tickets.example.com/browse')
      .describe('Where people see a ticket: its id is appended after a slash.'),
  })
  .describe('The system that holds the tickets.')

export type LocalConfig = z.output<typeof backendSection>
