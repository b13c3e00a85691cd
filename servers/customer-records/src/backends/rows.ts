import { fold } from '@postern/store'
import type { Activity, ActivityType } from '../domain/activity.ts'
import type { Contact } from '../domain/contact.ts'
import type { Customer, Status } from '../domain/customer.ts'
import type { Opportunity } from '../domain/opportunity.ts'
import type { Stage } from '../domain/stage.ts'
import type { ActivityRow, ContactRow, CustomerRow, OpportunityRow } from './tables.ts'

/** A cursor holds it, and a cursor has a limit. */
const nameKeyCharsMax = 60

/** What the store keeps beside a customer itself: what it sorts and searches by. */
export function withKeys(
  row: Omit<CustomerRow, 'name_key' | 'search_name' | 'search_company' | 'search_email'>,
): CustomerRow {
  const search_name = fold(row.name)
  return {
    ...row,
    name_key: search_name.slice(0, nameKeyCharsMax).toWellFormed(),
    search_name,
    search_company: fold(row.company),
    search_email: row.email?.toLowerCase() ?? null,
  }
}

/** The customer a record belongs to decides about access, so every record is read together with its place. */
export interface Place {
  readonly region: string
  readonly owner: string | null
}

export function toCustomer(row: CustomerRow): Customer {
  const { tenant, customer_id, name, company, region, owner, email, phone, lifetime_value, currency } = row
  return {
    tenant,
    customer_id,
    name,
    company,
    status: row.status as Status,
    region,
    owner,
    email,
    phone,
    lifetime_value: lifetime_value === null || currency === null ? null : { amount: lifetime_value, currency },
    open_tickets: null,
    created_at: time(row.created_at),
    last_contact: row.last_contact === null ? null : time(row.last_contact),
  }
}

export function toContact({ tenant, contact_id, customer_id, name, role, region, owner }: ContactRow & Place): Contact {
  return { tenant, contact_id, customer_id, region, owner, name, role }
}

export function toOpportunity({ stage, ...row }: OpportunityRow & Place): Opportunity {
  return { ...row, stage: stage as Stage }
}

export function toActivity(row: ActivityRow & Place): Activity {
  const { opportunity_id, from_stage, to_stage, type, at, ...rest } = row
  return {
    ...rest,
    type: type as ActivityType,
    at: time(at),
    change: opportunity_id === null ? null : { opportunity_id, from: from_stage as Stage, to: to_stage as Stage },
  }
}

const time = (ms: number): string => new Date(ms).toISOString()
