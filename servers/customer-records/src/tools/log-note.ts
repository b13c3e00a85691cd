import { freeText, identifier } from '@postern/tool'
import { z } from 'zod'
import { ActivityId } from '../domain/activity.ts'
import { CustomerId, limits } from '../domain/customer.ts'
import { defineTool } from '../tool.ts'

/**
 * Appends a note to a customer's timeline.
 *
 * Deliberately absent: changing and deleting notes. What somebody read and acted on has to stay readable.
 */
export const logNote = defineTool({
  name: 'log_note',
  version: '1.0.0',
  title: 'Log note',
  description:
    'Adds a note to the timeline of one customer, for good. Use it after a conversation, for what a colleague has to know next time.',
  effect: 'write',
  scope: 'customers:write',

  input: z.strictObject({
    customer_id: CustomerId.describe('Such as cus_4f7k2m.'),
    note: freeText(limits.noteCharsMax).min(1).describe('What was said, agreed or promised.'),
  }),

  output: z.strictObject({
    note: z.strictObject({ activity_id: ActivityId, at: identifier() }),
  }),

  async handler({ customer_id, note }, { principal, ports, signal, effect }) {
    const { item: customer } = await ports.customers.get(customer_id, { signal })
    const { item } = await ports.activities.log({ customer, text: note, author: principal.subject }, { signal, effect })
    return { note: { activity_id: item.activity_id, at: item.at } }
  },
})
