import { Summary, SummaryField, summaryOf } from '../domain/customer-summary.ts'
import { defineResource } from '../tool.ts'

const listedMax = 100

/** One customer, in the shape of `get_customer_summary` and under the same rules. */
export const customer = defineResource({
  name: 'customer',
  version: '1.0.0',
  title: 'Customer',
  description: 'One customer, as get_customer_summary shows it. Listed are those whose account manager you are.',
  uri: 'customer://{customer_id}',
  scope: 'customers:read',

  output: Summary,

  handler: ({ customer_id = '' }, { ports, signal }) => summaryOf(customer_id, SummaryField.options, ports, signal),

  async list({ principal, ports, signal }) {
    const page = { limit: listedMax }
    const { items } = await ports.customers.search({ owner: principal.subject }, page, { signal })
    // A title that named the customer would be free text outside `untrusted`.
    return items.map(({ customer_id, region, status }) => ({
      uri: `customer://${customer_id}`,
      title: `Customer ${customer_id} (${region}, ${status})`,
    }))
  },
})
