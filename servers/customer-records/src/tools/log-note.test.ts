import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CustomersHost, errorOf, openCustomers, outcome, type Reply } from '../../test/customers-host.ts'
import { sampleSet } from '../sample/sample-set.ts'

const all = sampleSet().customers
const idIn = (tenant: string, region: string, owner?: string | null) =>
  all.find((one) => one.tenant === tenant && one.region === region && (owner === undefined || one.owner === owner))
    ?.customer_id
const customer_id = idIn('acme', 'UKI') ?? ''
const note = 'Wants a call back on Monday, before ten.'

let customers: CustomersHost
beforeAll(async () => {
  customers = await openCustomers()
})
afterAll(() => customers.close())

const log = (input: Readonly<Record<string, unknown>>, options?: Parameters<CustomersHost['call']>[2]) =>
  customers.call('log_note', input, options)
const logged = (reply: Reply) => reply['note'] as { readonly activity_id: string; readonly at: string }
const notesOf = async (id: string, as = 'kenji.t') => {
  const reply = await customers.call('list_customer_activity', { customer_id: id, type: ['note'], limit: 20 }, { as })
  return reply['activities'] as { activity_id: string; untrusted: { text: string; author: string } }[]
}

describe('log_note', () => {
  it('adds a note to the timeline', async () => {
    const reply = await log({ customer_id, note })
    expect(reply).toMatchInlineSnapshot(
      {
        note: { activity_id: expect.stringMatching(/^act_[2-9a-z]{12}$/), at: expect.any(String) },
      },
      `
      {
        "note": {
          "activity_id": StringMatching /\\^act_\\[2-9a-z\\]\\{12\\}\\$/,
          "at": Any<String>,
        },
        "status": "ok",
      }
    `,
    )
    expect((await notesOf(customer_id))[0]).toMatchObject({
      activity_id: logged(reply).activity_id,
      type: 'note',
      at: logged(reply).at,
      untrusted: { text: note, author: 'support' },
    })
  })

  it('adds it once however often the call is repeated', async () => {
    const options = { key: 'one-note-however-often' }
    const before = (await notesOf(customer_id)).length
    const first = await log({ customer_id, note: 'Only once.' }, options)
    expect(await log({ customer_id, note: 'Only once.' }, options)).toEqual(first)
    expect((await notesOf(customer_id)).length).toBe(before + 1)
    expect(outcome(await log({ customer_id, note: 'Not this one.' }, options))).toBe('CONFLICT/key_reused')
    expect((await notesOf(customer_id)).length).toBe(before + 1)
  })

  it('adds it once when the same call comes eight times at once', async () => {
    const options = { key: 'one-note-in-parallel-1' }
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => log({ customer_id, note: 'In parallel.' }, options)),
    )
    for (const reply of replies) expect(['ok', 'CONFLICT/in_progress']).toContain(outcome(reply))
    expect((await notesOf(customer_id)).filter(({ untrusted }) => untrusted.text === 'In parallel.')).toHaveLength(1)
  })

  it('keeps every character of a note', async () => {
    const text = 'عربي 日本語 👩🏽‍🚀 \\ % _ \' " ; -- line\nend'
    await log({ customer_id, note: text })
    expect((await notesOf(customer_id))[0]?.untrusted.text).toBe(text)
  })

  it('takes 4,000 characters', async () => {
    const longest = 'x'.repeat(4000)
    const { activity_id } = logged(await log({ customer_id, note: longest }))
    const reply = await customers.call('list_customer_activity', { customer_id, activity_id })
    expect(reply).toMatchObject({ activities: [{ untrusted: { text: longest } }] })
  })

  it.each([
    ['nothing', { note: '' }, 'note'],
    ['white space', { note: ' \n ' }, 'note'],
    ['4,001 characters', { note: 'x'.repeat(4001) }, 'note'],
    ['U+0000', { note: 'a\u0000b' }, 'note'],
    ['an unknown field', { note, pinned: true }, 'pinned'],
    ['a short key', { note, idempotency_key: 'short' }, 'idempotency_key'],
  ])('refuses %s', async (_, input, path) => {
    const reply = await log({ customer_id, ...input })
    expect(outcome(reply)).toBe('VALIDATION_ERROR/schema')
    expect(errorOf(reply).details.issues?.[0]?.path).toBe(path)
  })

  it.each([
    ['of an absent customer', 'cus_none', 'support', 'NOT_FOUND/absent'],
    ['of another region', idIn('acme', 'JAPAN'), 'support', 'NOT_FOUND/absent'],
    ['of another owner', idIn('acme', 'DACH', 'jonas.w'), 'hanna.l', 'NOT_FOUND/absent'],
    ['of another tenant', idIn('globex', 'UKI'), 'support', 'NOT_FOUND/absent'],
    ['by a role that only reads', idIn('acme', 'UKI'), 'auditor', 'PERMISSION_DENIED/not_granted'],
  ])('logs nothing %s', async (_, id, as, expected) => {
    expect(outcome(await log({ customer_id: id, note: 'Must not be there.' }, { as }))).toBe(expected)
    if (id !== 'cus_none' && id !== idIn('globex', 'UKI'))
      expect(JSON.stringify(await notesOf(id ?? ''))).not.toContain('Must not be there')
  })

  it('logs for account managers where the customer is theirs', async () => {
    expect(outcome(await log({ customer_id: idIn('acme', 'DACH', 'hanna.l'), note }, { as: 'hanna.l' }))).toBe('ok')
  })

  it('is denied to a caller who may only read', async () => {
    const reader = { ...customers.host.principal('support'), readOnly: true }
    expect(outcome(await log({ customer_id, note }, { as: reader }))).toBe('PERMISSION_DENIED/read_only')
  })

  it('does not replay to a caller who may no longer see the customer', async () => {
    const options = { key: 'replay-after-moving-1' }
    expect(outcome(await log({ customer_id, note }, options))).toBe('ok')
    expect(outcome(await log({ customer_id, note }, { ...options, as: customers.supportFor('JAPAN') }))).toBe(
      'NOT_FOUND/absent',
    )
  })
})
