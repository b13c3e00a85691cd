import type { OpenBackend, StoreContext } from '@postern/host'
import type { CustomerPorts } from '../domain/customer-ports.ts'
import type { LocalConfig } from './backend-section.ts'
import { localActivities } from './local-activities.ts'
import { localContacts } from './local-contacts.ts'
import { localCustomers } from './local-customers.ts'
import { localOpportunities } from './local-opportunities.ts'
import type { Tables } from './tables.ts'

/**
 * Customers in the server's own store, on either engine: for trials, tests and teams without a CRM.
 *
 * With `sample: true` an empty store gets the sample set first; a store that ever held something is left alone.
 */
export async function openLocal(config: LocalConfig, { store }: StoreContext): Promise<OpenBackend<CustomerPorts>> {
  if (config.sample) {
    const { loadSample } = await import('./local-sample.ts')
    await loadSample(store)
  }
  return {
    ports: {
      customers: localCustomers(store),
      contacts: localContacts(store),
      opportunities: localOpportunities(store),
      activities: localActivities(store),
    },
    recovery: { 'activities.log': 'transaction', 'opportunities.changeStage': 'transaction' },
    async doctor() {
      const customer = await store
        .query<Tables>()
        .selectFrom('customers')
        .select('customer_id')
        .limit(1)
        .executeTakeFirst()
      return customer === undefined
        ? ['The store holds no customer. Load some with `postern import customers <file>`.']
        : []
    },
  }
}
