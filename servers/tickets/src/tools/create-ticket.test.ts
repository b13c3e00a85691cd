import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, openTickets, outcome, type Reply, type TicketsHost } from '../../test/tickets-host.ts'

const good = {
  project_key: 'OPS',
  title: 'Archive robot stops after the third tape',
  description: 'The robot in the archive stops after the third tape and waits for a person. It began with firmware 7.',
  priority: 'P2',
  labels: ['archive'],
  acceptance_criteria: ['The robot moves 20 tapes in a row'],
}

let tickets: TicketsHost
beforeAll(async () => {
  tickets = await openTickets()
})
afterAll(() => tickets.close())

const create = (input: Readonly<Record<string, unknown>>, options?: Parameters<TicketsHost['call']>[2]) =>
  tickets.call('create_ticket', input, options)
const ticket = (reply: Reply) =>
  reply['ticket'] as { readonly ticket_id: string; readonly issues: readonly { rule: string }[] }
const count = async (text: string) => (await tickets.call('search_tickets', { project_key: 'OPS', text }))['count']
const draftOf = async (input: Readonly<Record<string, unknown>>) =>
  ((await tickets.call('draft_ticket', input))['draft'] as { readonly draft_id: string }).draft_id

describe('create_ticket', () => {
  it('opens a ticket from complete fields', async () => {
    expect(await create(good)).toMatchInlineSnapshot(`
      {
        "status": "ok",
        "ticket": {
          "issues": [],
          "ticket_id": "OPS-93",
          "url": "https://tickets.example.com/browse/OPS-93",
        },
      }
    `)
  })

  it('opens it as its caller', async () => {
    const { ticket_id } = ticket(await create({ ...good, title: 'Archive robot needs a second gripper' }))
    const shown = await tickets.call('get_ticket', { ticket_id }, { as: 'duty-manager' })
    expect(shown['ticket']).toMatchObject({
      status: 'open',
      priority: 'P2',
      labels: ['archive'],
      reporter_email: 'support@acme.example',
      untrusted: { title: 'Archive robot needs a second gripper' },
    })
  })

  it('opens a ticket from a draft, once', async () => {
    const draft_id = await draftOf({ ...good, title: 'Label printer jams on the long labels' })
    expect(outcome(await create({ draft_id }))).toBe('ok')
    expect(outcome(await create({ draft_id }))).toBe('CONFLICT/draft_used')
    expect(outcome(await tickets.call('validate_ticket', { draft_id }))).toBe('CONFLICT/draft_used')
    expect(await count('label printer jams')).toBe(1)
  })

  it('opens one ticket however many ask for the same draft at once', async () => {
    const draft_id = await draftOf({ ...good, title: 'Forklift charger trips the breaker' })
    const replies = await Promise.all(Array.from({ length: 12 }, () => create({ draft_id })))
    expect(replies.map(outcome).sort()).toEqual([...Array(11).fill('CONFLICT/draft_used'), 'ok'])
    expect(await count('forklift charger')).toBe(1)
  })

  it('gives parallel tickets numbers without gaps and doubles', async () => {
    const title = (i: number) => `Conveyor ${i} runs backwards after a power cut`
    const made = await Promise.all(Array.from({ length: 10 }, (_, i) => create({ ...good, title: title(i) })))
    const numbers = made.map((reply) => Number(ticket(reply).ticket_id.slice('OPS-'.length))).sort((a, b) => a - b)
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i))
  })

  it('opens in spite of warnings, and repeats them', async () => {
    const title = 'Archive robot stops after the fourth tape'
    expect(ticket(await create({ ...good, title })).issues.map(({ rule }) => rule)).toEqual(['duplicate_suspected'])
  })

  it('refuses what breaks a quality rule, with all issues, and writes nothing', async () => {
    const reply = await create({
      ...good,
      title: 'PLEASE HELP problem',
      labels: [],
      priority: 'P0',
      acceptance_criteria: ['It works'],
    })
    expect(outcome(reply)).toBe('VALIDATION_ERROR/rule')
    expect(errorOf(reply).details.issues?.map(({ path, rule }) => [path, rule])).toEqual([
      ['title', 'title_vague'],
      ['acceptance_criteria.0', 'criterion_untestable'],
      ['labels', 'label_for_priority'],
    ])
    expect(errorOf(reply).next_step).toContain('validate_ticket')
    expect(await count('please help problem')).toBe(0)
  })

  it('refuses a draft with errors and leaves it unused', async () => {
    const draft_id = await draftOf({ project_key: 'OPS', template_id: 'bug' })
    expect(outcome(await create({ draft_id }))).toBe('VALIDATION_ERROR/rule')
    expect(outcome(await tickets.call('validate_ticket', { draft_id }))).toBe('ok')
  })

  it.each([
    ['a short title', { title: 'Too short' }, 'title'],
    ['a long title', { title: 'x'.repeat(121) }, 'title'],
    ['a short description', { description: 'x'.repeat(49) }, 'description'],
    ['no criterion', { acceptance_criteria: [] }, 'acceptance_criteria'],
    ['a priority that does not exist', { priority: 'P4' }, 'priority'],
    ['eleven labels', { labels: Array.from({ length: 11 }, (_, i) => `l${i}`) }, 'labels'],
    ['an unknown field', { assignee: 'kim' }, 'assignee'],
    ['a short key', { idempotency_key: 'short' }, 'idempotency_key'],
  ])('refuses %s', async (_, change, path) => {
    const reply = await create({ ...good, ...change })
    expect(outcome(reply)).toBe('VALIDATION_ERROR/schema')
    expect(errorOf(reply).details.issues?.[0]?.path).toBe(path)
  })

  it.each(['title', 'description', 'priority', 'acceptance_criteria'])('refuses a ticket without %s', async (field) => {
    const reply = await create({ ...good, [field]: undefined })
    expect(outcome(reply)).toBe('VALIDATION_ERROR/rule')
    expect(errorOf(reply).details.issues?.some(({ path }) => path === field)).toBe(true)
  })

  it.each([
    ['in a project that is not granted', { ...good, project_key: 'PAY' }, 'support', 'PERMISSION_DENIED/rows'],
    ['in a project that does not exist', { ...good, project_key: 'NOPE' }, 'support', 'PERMISSION_DENIED/rows'],
    ['by a role that only reads', good, 'duty-manager', 'PERMISSION_DENIED/read_only'],
    ['by a role without it', good, 'developer', 'PERMISSION_DENIED/not_granted'],
    ['from a draft and fields', { ...good, draft_id: `draft_${'a'.repeat(22)}` }, 'support', 'VALIDATION_ERROR/rule'],
    ['from nothing', {}, 'support', 'VALIDATION_ERROR/rule'],
    ['from no draft', { draft_id: `draft_${'a'.repeat(22)}` }, 'support', 'NOT_FOUND/absent'],
  ])('refuses a ticket %s', async (_, input, as, expected) => {
    expect(outcome(await create(input, { as }))).toBe(expected)
  })

  it('refuses the draft of another caller, of another tenant too', async () => {
    const draft_id = await draftOf({ ...good, title: 'Dock door sensor reports open at night' })
    const colleague = { ...tickets.host.principal('support'), subject: 'colleague' }
    expect(outcome(await create({ draft_id }, { as: colleague }))).toBe('NOT_FOUND/absent')
    expect(outcome(await create({ draft_id }, { as: 'globex-support' }))).toBe('NOT_FOUND/absent')
    expect(outcome(await create({ draft_id }))).toBe('ok')
  })

  it('opens a ticket of the caller’s own tenant where keys are alike', async () => {
    const { ticket_id } = ticket(
      await create({ ...good, title: 'Sorting belt squeaks near gate four' }, { as: 'globex-support' }),
    )
    expect(ticket_id).toBe('OPS-16')
    expect(await count('sorting belt')).toBe(0)
  })
})
