import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hostileCustomers } from '../src/sample/hostile.ts'
import { type CustomersHost, openCustomers, type Reply } from './customers-host.ts'

let customers: CustomersHost
beforeAll(async () => {
  customers = await openCustomers()
})
afterAll(() => customers.close())

/** What must not come out of any channel: what is invisible, what moves a cursor, what fetches. */
const live =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\u{e0000}-\u{e007f}]|:\/\/|\]\(|<img|(?<![\w[])javascript:/u

/** Every text of an answer, and whether it stands under `untrusted`. */
function texts(value: unknown, under = false): { readonly text: string; readonly under: boolean }[] {
  if (typeof value === 'string') return [{ text: value, under }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => texts(inner, under || name === 'untrusted'))
}

/** The letters and digits of a text, without what is invisible and without escapes: what a reader would miss. */
const readable = (text: string) =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/\u001b\][^\u0007]*\u0007|(?:\u001b\[|\u009b)[0-9;]*[A-Za-z]/g, '')
    .replace(/\p{Cf}/gu, '')
    .replaceAll('&lt;', '<')
    .match(/[\p{L}\p{N}]+/gu)
    ?.join('')

describe('hostile text in a customer', () => {
  const answers = async (customer_id: string): Promise<Record<string, Reply>> => ({
    search: await customers.call('search_customers', {
      region: ['UKI'],
      owner: 'rhys.t',
      status: ['prospect'],
      limit: 50,
    }),
    summary: await customers.call('get_customer_summary', { customer_id }),
    activity: await customers.call('list_customer_activity', { customer_id }),
    entry: await customers.call('list_customer_activity', {
      customer_id,
      activity_id: customer_id.replace('cus', 'act'),
    }),
    resource: await customers.read(`customer://${customer_id}`),
  })

  it.each(hostileCustomers.map((one) => [one.customer_id, one] as const))('%s', async (customer_id, one) => {
    const shown = await answers(customer_id)
    for (const [channel, answer] of Object.entries(shown))
      for (const { text, under } of texts(answer)) {
        expect(text, channel).not.toMatch(live)
        if (!under) expect(text, `${channel}: free text outside untrusted`).toMatch(/^[\w.:+@-]+$/)
      }

    const { customers: found } = shown['search'] as unknown as {
      customers: { customer_id: string; untrusted: Record<string, string> }[]
    }
    const row = found.find((candidate) => candidate.customer_id === customer_id)
    const { customer } = shown['summary'] as unknown as {
      customer: { untrusted: Record<string, string>; contacts: { untrusted: Record<string, string> }[] }
    }
    const [entry] = (shown['activity'] as unknown as { activities: { untrusted: Record<string, string> }[] }).activities
    const intact = (text: string | undefined, original: string) => expect(readable(text ?? '')).toBe(readable(original))
    for (const untrusted of [row?.untrusted, customer.untrusted]) {
      intact(untrusted?.['name'], one.name)
      intact(untrusted?.['company'], one.company)
    }
    intact(customer.contacts[0]?.untrusted['name'], one.contact.name)
    intact(customer.contacts[0]?.untrusted['role'], one.contact.role)
    intact(entry?.untrusted['text'], one.note)
    intact(entry?.untrusted['author'], one.name)
    const { status: _, ...summary } = shown['summary'] ?? {}
    expect(shown['resource']).toEqual(summary)
  })

  it('is named as suspicious where it looks like instructions', async () => {
    const summary = await customers.call('get_customer_summary', { customer_id: 'cus_hostile2' })
    expect(summary).toMatchObject({ customer: { untrusted: { suspicious: ['company'] } } })
    const activity = await customers.call('list_customer_activity', { customer_id: 'cus_hostile2' })
    expect(activity).toMatchObject({ activities: [{ untrusted: { suspicious: ['text'] } }] })
  })

  it('comes back inert from a note and a reason that a caller wrote', async () => {
    const hostile = hostileCustomers.map(({ note }) => note).join('\n')
    const as = 'kenji.t'
    await customers.call('log_note', { customer_id: 'cus_hostile3', note: hostile }, { as })
    const change = {
      opportunity_id: 'opp_hostile3',
      expected_stage: 'discovery',
      stage: 'proposal',
      reason: hostile.slice(0, 900),
    }
    expect(await customers.call('update_opportunity_stage', change, { as })).toMatchObject({ status: 'ok' })
    const list = await customers.call('list_customer_activity', { customer_id: 'cus_hostile3' }, { as })
    const entries = list['activities'] as { activity_id: string }[]
    expect(entries).toHaveLength(3)
    for (const { activity_id } of entries) {
      const alone = await customers.call('list_customer_activity', { customer_id: 'cus_hostile3', activity_id }, { as })
      for (const { text } of [...texts(list), ...texts(alone)]) expect(text).not.toMatch(live)
    }
  })

  it('reaches no approver alive either', async () => {
    const reply = await customers.call(
      'update_opportunity_stage',
      {
        opportunity_id: 'opp_hostile5',
        expected_stage: 'discovery',
        stage: 'closed_lost',
        reason: hostileCustomers[3]?.note,
      },
      { as: 'kenji.t' },
    )
    const { summary } = (reply['error'] as { details: { summary: string } }).details
    expect(summary).toContain('evil.example')
    expect(summary).not.toMatch(live)
  })
})
