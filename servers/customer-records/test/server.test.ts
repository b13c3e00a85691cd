import { serverSuite } from '@postern/testing/server-suite'
import { expect } from 'vitest'
import { sampleSet } from '../src/sample/sample-set.ts'

const own = sampleSet().customers.find(
  (one) => one.tenant === 'acme' && one.region === 'DACH' && one.owner === 'hanna.l',
)
const customer_id = own?.customer_id ?? ''
const noteOf = (name: string) =>
  `Written by the suite that every server has to pass, as "${name}". Long enough to be torn: ${'whole '.repeat(200)}.`

interface Activities {
  readonly activities: readonly { readonly activity_id: string; readonly untrusted: { readonly text: string } }[]
}
const entriesOf = (answer: Readonly<Record<string, unknown>>) => (answer as unknown as Activities).activities
const written = /^Written by the suite that every server has to pass, as "(.*?)"/

serverSuite({
  server: 'customer-records',
  tools: [
    'whoami',
    'list_scopes',
    'search_customers',
    'get_customer_summary',
    'list_customer_activity',
    'log_note',
    'update_opportunity_stage',
  ],
  read: { tool: 'search_customers', input: { region: ['DACH'], limit: 1 } },
  wrongType: { tool: 'search_customers', input: { limit: 'many' }, path: 'limit' },
  overLong: { tool: 'search_customers', input: { name: 'x'.repeat(121) }, path: 'name' },
  resource: {
    template: 'customer://{customer_id}',
    uri: `customer://${customer_id}`,
    absent: 'customer://cus_none',
  },
  environment: {
    // Who has customers of her own, which resources/list shows.
    'identity.local.default': 'hanna.l',
    'roles.account-manager.limits.log_note': '10000/min',
    'limits.principal': '10000/min',
  },
  write: {
    tool: 'log_note',
    input: (name) => ({
      customer_id,
      note: noteOf(name),
      idempotency_key: `suite-${name.replaceAll(' ', '-')}-0123456789`,
    }),
    id: (answer) => (answer['note'] as { activity_id: string }).activity_id,
    readBack: (activity_id) => ({ tool: 'list_customer_activity', input: { customer_id, activity_id } }),
    list: (cursor) => ({
      tool: 'list_customer_activity',
      input: { customer_id, type: ['note'], limit: 20, ...(cursor && { cursor }) },
    }),
    // The sample set has notes of its own.
    ids: (answer) =>
      entriesOf(answer)
        .filter(({ untrusted }) => written.test(untrusted.text))
        .map(({ activity_id }) => activity_id),
    nameOf: (answer) => written.exec(entriesOf(answer)[0]?.untrusted.text ?? '')?.[1] ?? '',
    expectWhole: (answer, name) =>
      expect(entriesOf(answer)).toMatchObject([{ type: 'note', untrusted: { author: 'hanna.l', text: noteOf(name) } }]),
  },
})
