import { z } from 'zod'
import { CustomerId } from '../domain/customer.ts'
import { Summary, SummaryField, summaryOf } from '../domain/customer-summary.ts'
import { defineTool } from '../tool.ts'

/** Reads what one has to know of a customer before a conversation. */
export const getCustomerSummary = defineTool({
  name: 'get_customer_summary',
  version: '1.0.0',
  title: 'Get customer summary',
  description:
    'Reads one customer: status, owner, value, open deals, people, last contact. Use search_customers to find the id, list_customer_activity for what happened. Name only the fields you need.',
  effect: 'read',
  scope: 'customers:read',

  input: z.strictObject({
    customer_id: CustomerId.describe('Such as cus_4f7k2m.'),
    fields: z.array(SummaryField).min(1).optional().describe('Default: all.'),
  }),

  output: Summary,

  handler: ({ customer_id, fields = SummaryField.options }, { ports, signal }) =>
    summaryOf(customer_id, fields, ports, signal),
})
