import { listScopes, whoami } from '@postern/policy'
import { getCustomerSummary } from './get-customer-summary.ts'
import { listCustomerActivity } from './list-customer-activity.ts'
import { logNote } from './log-note.ts'
import { searchCustomers } from './search-customers.ts'
import { updateOpportunityStage } from './update-opportunity-stage.ts'

/** In reading order: who am I, what is there, then what can be changed. */
export const tools = [
  whoami,
  listScopes,
  searchCustomers,
  getCustomerSummary,
  listCustomerActivity,
  logNote,
  updateOpportunityStage,
]
