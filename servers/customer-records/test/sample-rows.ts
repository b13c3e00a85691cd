import { sampleSet } from '../src/sample/sample-set.ts'

const { customers, contacts, opportunities, activities } = sampleSet()

/** How many rows of each table the sample set has. */
export const sampleRows = {
  customers: customers.length,
  contacts: contacts.length,
  opportunities: opportunities.length,
  activities: activities.length,
}
