import { random } from '@postern/host/sample'
import { withKeys } from '../backends/rows.ts'
import type { ActivityRow, ContactRow, CustomerRow, OpportunityRow } from '../backends/tables.ts'
import { hostileCustomers } from './hostile.ts'
import { locales } from './locales/index.ts'
import { person, type Sampled } from './person.ts'
import { type Tenant, tenants } from './tenant.ts'

export interface SampleSet {
  readonly customers: readonly CustomerRow[]
  readonly contacts: readonly ContactRow[]
  readonly opportunities: readonly OpportunityRow[]
  readonly activities: readonly ActivityRow[]
}

const seed = 20_260_101
