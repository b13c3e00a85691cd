import type { BoundPorts } from '@postern/policy'
import { identifier, text, untrusted } from '@postern/tool'
import { z } from 'zod'
import { type Customer, Status, shown } from './customer.ts'
import type { CustomerPorts } from './customer-ports.ts'
import { openStages, Stage } from './stage.ts'

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

/**
 * One customer as an answer shows it. Without `fields` every key is there, null where nothing is known; only what is
 * masked is absent, and named in `masked`.
 */
const SummaryView = z.strictObject({
  customer_id: identifier(),
  status: Status.optional(),
  region: identifier().optional(),
  owner: identifier().nullable().optional(),
  email: identifier().nullable().optional(),
  phone: identifier().nullable().optional(),
  lifetime_value: z.strictObject({ amount: z.int(), currency: identifier() }).nullable().optional(),
  open_tickets: z.int().nullable().optional().describe('null: not known here, ask the tickets server.'),
  open_opportunities: z
    .array(
      z.strictObject({
        opportunity_id: identifier(),
        stage: Stage,
        amount: z.int(),
        currency: identifier(),
        close_date: identifier().nullable(),
        untrusted: untrusted({ name: text(shown.nameCharsMax) }),
      }),
    )
    .optional(),
  contacts: z.array(untrusted({ name: text(shown.nameCharsMax), role: text(shown.nameCharsMax) })).optional(),
  last_contact: identifier().nullable().optional(),
  created_at: identifier().optional(),
  untrusted: untrusted({ name: text(shown.nameCharsMax).optional(), company: text(shown.nameCharsMax).optional() }),
})

/** What `get_customer_summary` and the resource `customer` answer with. */
export const Summary = z.strictObject({ customer: SummaryView, masked: FieldNames, truncated: FieldNames })

/** Reads a customer with the deals and people that were asked for; nothing else is read. */
export async function summaryOf(
  customer_id: string,
  fields: readonly SummaryField[],
  ports: BoundPorts<CustomerPorts>,
  signal: AbortSignal,
): Promise<z.input<typeof Summary>> {
  const { item, masked } = await ports.customers.get(customer_id, { signal })
  const [deals, people] = await Promise.all([
    fields.includes('open_opportunities')
      ? ports.opportunities.list({ customer_id, stage: openStages }, { limit: listedMax }, { signal })
      : undefined,
    fields.includes('contacts') ? ports.contacts.list({ customer_id }, { limit: listedMax }, { signal }) : undefined,
  ])
  const hidden = masked.filter((name) => fields.some((field) => field === name))
  const truncated = [
    ...(deals?.nextCursor === undefined ? [] : ['open_opportunities']),
    ...(people?.nextCursor === undefined ? [] : ['contacts']),
  ]
  return {
    customer: {
      customer_id,
      ...factsOf(item, fields),
      ...(deals && { open_opportunities: deals.items.map(dealOf) }),
      ...(people && { contacts: people.items.map(({ name, role }) => ({ name, role })) }),
      untrusted: pick({ name: item.name, company: item.company }, fields),
    },
    ...(hidden.length > 0 && { masked: hidden }),
    ...(truncated.length > 0 && { truncated }),
  }
}
