import { type MatrixRow, matrixSuite } from '@postern/host/testing/matrix-suite'
import { sampleSet } from '../src/sample/sample-set.ts'
import { server } from '../src/server.ts'

const { customers, opportunities, activities } = sampleSet()

/** A customer with a deal that was just begun, and what stands in its record and nowhere else. */
function rowOf(tenant: string, region: string): MatrixRow {
  for (const customer of customers) {
    if (customer.tenant !== tenant || customer.region !== region) continue
    const mine = (row: { readonly customer_id: string }) => row.customer_id === customer.customer_id
    const deal = opportunities.find((row) => mine(row) && row.stage === 'qualification')
    const entry = activities.find(mine)
    if (deal === undefined || entry === undefined || customer.phone === null) continue
    return {
      ids: {
        customer_id: customer.customer_id,
        opportunity_id: deal.opportunity_id,
        activity_id: entry.activity_id,
        name: customer.name,
      },
      canaries: [customer.phone, entry.text, deal.name],
    }
  }
  throw new Error(`${tenant} has no such customer in ${region}`)
}

matrixSuite(server, {
  environmentFile: `${import.meta.dirname}/../environments/development.yaml`,
  tenant: 'acme',
  attributes: { regions: ['UKI'] },
  inputs: {
    update_opportunity_stage: { stage: 'discovery', expected_stage: 'qualification', reason: 'They said yes.' },
  },
  rows: async () => ({
    inScope: rowOf('acme', 'UKI'),
    otherTenant: rowOf('globex', 'JAPAN'),
    otherProject: rowOf('acme', 'DACH'),
    absent: {
      ids: { customer_id: 'cus_none', opportunity_id: 'opp_none', activity_id: 'act_none', name: 'Nobody at all' },
      canaries: [],
    },
  }),
})
