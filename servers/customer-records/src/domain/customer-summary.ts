import type { BoundPorts } from '@postern/policy'
import { identifier, text, untrusted } from '@postern/tool'
import { z } from 'zod'
import { Currency, type Customer, CustomerId, Email, Owner, Phone, Region, Status, shown } from './customer.ts'
import type { CustomerPorts } from './customer-ports.ts'
import { type Opportunity, OpportunityId } from './opportunity.ts'
import { openStages } from './stage.ts'

/** Of each; a customer with more is for the CRM itself. */
const listedMax = 10

/** What a summary can be asked for, beside the id. */
export const SummaryField = z.enum([
  'name',
  'company',
  'status',
  'region',
  'owner',
  'email',
  'phone',
  'lifetime_value',
  'open_tickets',
  'open_opportunities',
  'contacts',
  'last_contact',
  'created_at',
])
export type SummaryField = z.infer<typeof SummaryField>

/** The names of fields an answer leaves out or cuts. */
export const FieldNames = z.array(z.string().regex(/^\w+$/)).optional()

/** A deal that is still open, as an answer shows it. */
const OpenOpportunity = z.strictObject({
  opportunity_id: OpportunityId,
  stage: identifier(),
  amount: z.int(),
  currency: Currency,
  close_date: identifier().nullable(),
  untrusted: untrusted({ name: text(shown.nameCharsMax) }),
})

/**
 * What `get_customer_summary` and the resource `customer` answer with. Asked for whole, every key is there, null where
 * nothing is known; only what is masked is absent, and named in `masked`.
 */
export const Summary = z.strictObject({
  customer: z.strictObject({
    customer_id: CustomerId,
    status: Status.optional(),
    region: Region.optional(),
    owner: Owner.nullable().optional(),
    email: Email.nullable().optional(),
    phone: Phone.nullable().optional(),
    lifetime_value: z.strictObject({ amount: z.int(), currency: Currency }).nullable().optional(),
    open_tickets: z.int().nullable().optional().describe('null: ask the tickets server.'),
    open_opportunities: z.array(OpenOpportunity).optional(),
    contacts: z
      .array(
        z.strictObject({
          untrusted: untrusted({ name: text(shown.nameCharsMax), role: text(shown.nameCharsMax) }),
        }),
      )
      .optional(),
    last_contact: identifier().nullable().optional(),
    created_at: identifier().optional(),
    untrusted: untrusted({ name: text(shown.nameCharsMax).optional(), company: text(shown.nameCharsMax).optional() }),
  }),
  masked: FieldNames,
  truncated: FieldNames,
})

/**
 * Reads a customer, with the deals and people that are asked for; what is not asked for is not read.
 *
 * @throws ToolError NOT_FOUND/absent
 */
export async function summaryOf(
  customer_id: string,
  fields: readonly SummaryField[],
  ports: BoundPorts<CustomerPorts>,
  signal: AbortSignal,
): Promise<z.input<typeof Summary>> {
  const { item, masked } = await ports.customers.get(customer_id, { signal })
  const page = { limit: listedMax }
  const [deals, people] = await Promise.all([
    fields.includes('open_opportunities')
      ? ports.opportunities.list({ customer_id, stage: openStages }, page, { signal })
      : undefined,
    fields.includes('contacts') ? ports.contacts.list({ customer_id }, page, { signal }) : undefined,
  ])
  const hidden = masked.filter((name) => fields.some((field) => field === name))
  const truncated = [
    ...(deals?.nextCursor === undefined ? [] : ['open_opportunities']),
    ...(people?.nextCursor === undefined ? [] : ['contacts']),
  ]
  return {
    customer: {
      customer_id,
      ...pick(facts(item), fields),
      ...(deals && { open_opportunities: deals.items.map(deal) }),
      ...(people && {
        contacts: people.items.map(({ name, role }) => ({ untrusted: { name, role } })),
      }),
      untrusted: pick({ name: item.name, company: item.company }, fields),
    },
    ...(hidden.length > 0 && { masked: hidden }),
    ...(truncated.length > 0 && { truncated }),
  }
}

function facts({ tenant: _, customer_id: __, name: ___, company: ____, ...rest }: Customer) {
  return rest
}

function deal({ opportunity_id, stage, amount, currency, close_date, name }: Opportunity) {
  return { opportunity_id, stage, amount, currency, close_date, untrusted: { name } }
}

/** What is undefined is masked: it stays away, while null is shown. */
function pick<T extends object>(from: T, fields: readonly SummaryField[]): Partial<T> {
  const entries = Object.entries(from).filter(
    ([name, value]) => value !== undefined && fields.some((field) => field === name),
  )
  return Object.fromEntries(entries) as Partial<T>
}
