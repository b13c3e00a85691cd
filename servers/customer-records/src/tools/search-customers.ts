import { freeText, text, untrusted } from '@postern/tool'
import { z } from 'zod'
import { CustomerId, limits, Region, Status, shown } from '../domain/customer.ts'
import { defineTool } from '../tool.ts'

/** RFC 5321, 4.5.3.1.3. */
const emailCharsMax = 254
const ownerCharsMax = 64

/**
 * Finds customers.
 *
 * Deliberately absent: a search in notes (it would hand every hostile note to the model that looks for a customer), a
 * part of an address (it would list the people of a domain), and a query language.
 */
export const searchCustomers = defineTool({
  name: 'search_customers',
  version: '1.0.0',
  title: 'Search customers',
  description: 'Finds customers, sorted by name. Use it to find a customer_id; read one with get_customer_summary.',
  effect: 'read',
  scope: 'customers:read',

  input: z.strictObject({
    name: freeText(limits.nameCharsMax).optional().describe('Words of the name.'),
    company: freeText(limits.nameCharsMax).optional().describe('Words of the company.'),
    email: freeText(emailCharsMax).optional().describe('The whole address.'),
    status: z.array(Status).min(1).optional().describe('Any of these.'),
    region: z.array(Region).min(1).max(20).optional().describe('Any of these, such as DACH.'),
    owner: freeText(ownerCharsMax).optional().describe('Account manager, such as hanna.l.'),
    limit: z.int().min(1).max(50).default(20).describe('Customers per page.'),
    cursor: z.string().max(2048).optional().describe('next_cursor of the same search.'),
  }),

  output: z.strictObject({
    customers: z.array(
      z.strictObject({
        customer_id: CustomerId,
        status: Status,
        region: Region,
        untrusted: untrusted({ name: text(shown.nameCharsMax), company: text(shown.nameCharsMax) }),
      }),
    ),
    count: z.int().nullable(),
    next_cursor: z
      .string()
      .regex(/^[\w-]+$/)
      .optional(),
  }),

  async handler({ limit, cursor, ...query }, { ports, signal }) {
    const { items, nextCursor, count } = await ports.customers.search(query, { limit, cursor }, { signal })
    return {
      customers: items.map(({ customer_id, status, region, name, company }) => ({
        customer_id,
        status,
        region,
        untrusted: { name, company },
      })),
      count,
      ...(nextCursor !== undefined && { next_cursor: nextCursor }),
    }
  },
})
