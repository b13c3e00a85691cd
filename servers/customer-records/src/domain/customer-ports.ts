import { type Change, type Create, definePort, type Get, type List } from '@postern/policy'
import type { Activity, ActivityType } from './activity.ts'
import type { Contact } from './contact.ts'
import type { Customer, Status } from './customer.ts'
import type { Opportunity } from './opportunity.ts'
import type { Stage } from './stage.ts'

/** All conditions must hold. By name. */
export interface CustomerQuery {
  /** Words that must all occur in the name; and so for the company. */
  readonly name?: string | undefined
  readonly company?: string | undefined
  /** The whole address, in any case. */
  readonly email?: string | undefined
  readonly status?: readonly Status[] | undefined
  readonly region?: readonly string[] | undefined
  readonly owner?: string | undefined
}

export interface Customers {
  readonly get: Get<Customer>
  readonly search: List<CustomerQuery, Customer>
}

export interface Contacts {
  readonly list: List<{ readonly customer_id: string }, Contact>
}

interface StageChange {
  readonly stage: Stage
  readonly expected_stage: Stage
  readonly reason: string
  readonly author: string
}

export interface Opportunities {
  readonly get: Get<Opportunity>
  /** Nearest close date first, those without one last. */
  readonly list: List<{ readonly customer_id: string; readonly stage: readonly Stage[] }, Opportunity>
  /**
   * Moves a deal and writes the stage change into its customer's timeline, both or neither.
   *
   * @throws ToolError CONFLICT/stale when it is not at `expected_stage`
   */
  readonly changeStage: Change<StageChange, Opportunity>
}

interface NewNote {
  /** As it was read under the caller's scope just before. */
  readonly customer: Pick<Customer, 'customer_id' | 'region' | 'owner'>
  readonly text: string
  readonly author: string
}

export interface ActivityQuery {
  readonly customer_id: string
  readonly type?: readonly ActivityType[] | undefined
  readonly activity_id?: string | undefined
}

export interface Activities {
  /** Newest first. */
  readonly list: List<ActivityQuery, Activity>
  /**
   * Appends a note to a customer's timeline.
   *
   * @throws ToolError CONFLICT/stale when the customer has gone to another region or owner in the meantime
   */
  readonly log: Create<NewNote, Activity>
}

export interface CustomerPorts {
  readonly customers: Customers
  readonly contacts: Contacts
  readonly opportunities: Opportunities
  readonly activities: Activities
}

/** Everything about a customer is under the rows of that customer. */
const rows = (item: { readonly tenant: string; readonly region: string; readonly owner: string | null }) => ({
  tenant: item.tenant,
  ...place(item),
})
const place = ({ region, owner }: { readonly region: string; readonly owner: string | null }) => ({
  region,
  owner: owner ?? undefined,
})

/** How each port is put under the caller's rows and masks. */
export const customerPorts = {
  customers: definePort<Customers, Customer>({
    noun: 'customer',
    id: ({ customer_id }) => customer_id,
    attributes: rows,
    maskable: ['email', 'phone', 'lifetime_value'],
    methods: { get: { kind: 'get' }, search: { kind: 'list', uses: usedFields } },
  }),
  contacts: definePort<Contacts, Contact>({
    noun: 'contact',
    id: ({ contact_id }) => contact_id,
    attributes: rows,
    maskable: [],
    methods: { list: { kind: 'list', uses: usedFields } },
  }),
  opportunities: definePort<Opportunities, Opportunity>({
    noun: 'opportunity',
    id: ({ opportunity_id }) => opportunity_id,
    attributes: rows,
    maskable: [],
    methods: {
      get: { kind: 'get' },
      list: { kind: 'list', uses: usedFields },
      changeStage: { kind: 'change', attributes: place },
    },
  }),
  activities: definePort<Activities, Activity>({
    noun: 'note',
    id: ({ activity_id }) => activity_id,
    attributes: rows,
    maskable: [],
    methods: {
      list: { kind: 'list', uses: usedFields },
      log: { kind: 'create', attributes: ({ customer }) => place(customer) },
    },
  }),
}

function usedFields(query: object): readonly string[] {
  return Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [name]))
}
