import { withKeys } from '../backends/rows.ts'
import type { ActivityRow, ContactRow, CustomerRow, OpportunityRow } from '../backends/tables.ts'
import { dice } from './dice.ts'
import { type HostileCustomer, hostileCustomers } from './hostile.ts'
import { locales } from './locales/index.ts'
import { type Records, recordsOf } from './records.ts'
import { tenants } from './tenant.ts'

export interface SampleSet {
  readonly customers: readonly CustomerRow[]
  readonly contacts: readonly ContactRow[]
  readonly opportunities: readonly OpportunityRow[]
  readonly activities: readonly ActivityRow[]
}

const seed = 20_260_101

/**
 * The customers of tenant acme in eight regions and languages, a few of them hostile, and of tenant globex, whose
 * customers have the names, companies and addresses of acme's: whoever sees one of the other tenant sees somebody he
 * could take for his own. Always the same, from one seed.
 */
export function sampleSet(): SampleSet {
  const chance = dice(seed)
  const all: Records[] = tenants.flatMap((tenant) =>
    locales.flatMap((locale) =>
      Array.from({ length: tenant.customersPerRegion }, (_, index) => recordsOf(tenant, locale, index, chance)),
    ),
  )
  all.push(...hostileCustomers.map(hostileRecords))
  return {
    customers: all.map(({ customer }) => withKeys(customer)),
    contacts: all.flatMap(({ contacts }) => contacts),
    opportunities: all.flatMap(({ opportunities }) => opportunities),
    activities: all.flatMap(({ activities }) => activities),
  }
}

const minuteMs = 60_000

function hostileRecords({ customer_id, name, company, contact, note }: HostileCustomer, index: number): Records {
  const id = { tenant: 'acme', customer_id }
  const at = Date.parse('2026-07-01T10:00:00Z') + index * minuteMs
  const suffix = customer_id.slice('cus_'.length)
  const change = { opportunity_id: null, from_stage: null, to_stage: null }
  return {
    customer: {
      ...id,
      name,
      company,
      status: 'prospect',
      region: 'UKI',
      owner: 'rhys.t',
      email: `${suffix}@mail-in.example`,
      phone: null,
      lifetime_value: 0,
      currency: 'GBP',
      created_at: at,
      last_contact: at + minuteMs,
    },
    contacts: [{ ...id, contact_id: `con_${suffix}`, ...contact }],
    opportunities: [
      {
        ...id,
        opportunity_id: `opp_${suffix}`,
        name: company,
        stage: 'discovery',
        amount: 1200,
        currency: 'GBP',
        close_date: null,
      },
    ],
    activities: [
      { ...id, activity_id: `act_${suffix}`, type: 'call', at: at + minuteMs, author: name, text: note, ...change },
    ],
  }
}
