/** The tables of this server in its own store. Times are milliseconds since the epoch, amounts whole units. */
export interface Tables {
  customers: CustomerRow
  contacts: ContactRow
  opportunities: OpportunityRow
  activities: ActivityRow
}

export interface CustomerRow {
  tenant: string
  customer_id: string
  name: string
  company: string
  status: string
  region: string
  owner: string | null
  email: string | null
  phone: string | null
  /** Null together with its currency. */
  lifetime_value: number | null
  currency: string | null
  created_at: number
  last_contact: number | null
  /** The beginning of the folded name: what customers are sorted by. */
  name_key: string
  /** Name and company, folded: what text filters look at. */
  search_name: string
  search_company: string
  /** The address in small letters. */
  search_email: string | null
}

export interface ContactRow {
  tenant: string
  contact_id: string
  customer_id: string
  name: string
  role: string
}

export interface OpportunityRow {
  tenant: string
  opportunity_id: string
  customer_id: string
  name: string
  stage: string
  amount: number
  currency: string
  /** A day, such as 2026-09-30. */
  close_date: string | null
}

export interface ActivityRow {
  tenant: string
  activity_id: string
  customer_id: string
  type: string
  at: number
  author: string
  text: string
  /** Of a stage change; null together with the two stages. */
  opportunity_id: string | null
  from_stage: string | null
  to_stage: string | null
}
