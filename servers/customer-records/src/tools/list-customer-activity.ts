import { cleanText, identifier, text, untrusted } from '@postern/tool'
import { z } from 'zod'
import { type Activity, ActivityId, ActivityType } from '../domain/activity.ts'
import { CustomerId, shown } from '../domain/customer.ts'
import { FieldNames } from '../domain/customer-summary.ts'
import { OpportunityId } from '../domain/opportunity.ts'
import { defineTool } from '../tool.ts'

/** Lists what happened with a customer: in short, or one entry whole. */
export const listCustomerActivity = defineTool({
  name: 'list_customer_activity',
  version: '1.0.0',
  title: 'List customer activity',
  description:
    'Lists what happened with one customer, newest first; long texts are cut. Use activity_id to read one entry whole.',
  effect: 'read',
  scope: 'customers:read',

  input: z.strictObject({
    customer_id: CustomerId.describe('Such as cus_4f7k2m.'),
    type: z.array(ActivityType).min(1).optional().describe('Any of these.'),
    activity_id: ActivityId.optional().describe('Only this entry, whole.'),
    limit: z.int().min(1).max(20).default(10).describe('Entries per page.'),
    cursor: z.string().max(2048).optional().describe('next_cursor of the same list.'),
  }),

  output: z.strictObject({
    activities: z.array(
      z.strictObject({
        activity_id: ActivityId,
        type: ActivityType,
        at: identifier(),
        change: z.strictObject({ opportunity_id: OpportunityId, from: identifier(), to: identifier() }).optional(),
        untrusted: untrusted({ author: text(shown.nameCharsMax), text: text(shown.textCharsMax) }),
      }),
    ),
    count: z.int().nullable(),
    next_cursor: z
      .string()
      .regex(/^[\w-]+$/)
      .optional(),
    truncated: FieldNames,
  }),

  async handler({ customer_id, limit, cursor, ...filter }, { ports, signal }) {
    // First the customer: an empty timeline must not look like a customer who does not exist.
    await ports.customers.get(customer_id, { signal })
    const query = { customer_id, ...filter }
    const { items, nextCursor, count } = await ports.activities.list(query, { limit, cursor }, { signal })
    const charsMax = filter.activity_id === undefined ? shown.previewCharsMax : shown.textCharsMax
    return {
      activities: items.map((item) => entry(item, charsMax)),
      count,
      ...(nextCursor !== undefined && { next_cursor: nextCursor }),
      // Cleaning changes the length: what counts is how long the text would be shown.
      ...(items.some((item) => cleanText(item.text, Infinity).length > charsMax) && { truncated: ['text'] }),
    }
  },
})

function entry({ activity_id, type, at, author, text, change }: Activity, charsMax: number) {
  return {
    activity_id,
    type,
    at,
    ...(change && { change }),
    untrusted: { author, text: cleanText(text, charsMax) },
  }
}
