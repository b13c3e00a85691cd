import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, openTickets, outcome, type Reply, type TicketsHost } from '../../test/tickets-host.ts'

interface Validation {
  readonly valid: boolean
  readonly issues: readonly {
    readonly path: string
    readonly rule: string
    readonly severity: string
    readonly message: string
  }[]
}
const validation = (reply: Reply) => reply['validation'] as Validation

const good = {
  project_key: 'OPS',
  title: 'Archive robot stops after the third tape',
  description: 'The robot in the archive stops after the third tape and waits for a person. It began with firmware 7.',
  priority: 'P2',
  acceptance_criteria: ['The robot moves 20 tapes in a row'],
}

let tickets: TicketsHost
beforeAll(async () => {
  tickets = await openTickets()
})
afterAll(() => tickets.close())

describe('validate_ticket', () => {
  it('finds nothing wrong with a good ticket', async () => {
    expect(await tickets.call('validate_ticket', good)).toMatchInlineSnapshot(`
      {
        "status": "ok",
        "validation": {
          "issues": [],
          "valid": true,
        },
      }
    `)
  })

  it('names each fault with path, rule, message and severity', async () => {
    const reply = await tickets.call('validate_ticket', {
      project_key: 'OPS',
      title: 'HELP!!! Bug',
      labels: ['bug'],
      priority: 'P0',
    })
    expect(validation(reply)).toMatchInlineSnapshot(`
      {
        "issues": [
          {
            "message": "Give a description of at least 50 characters (now 0): what happened, since when, whom it affects.",
            "path": "description",
            "rule": "description_length",
            "severity": "error",
          },
          {
            "message": "The title does not say what the ticket is about. Name the thing and what it does or should do, such as "Invoice PDF shows the old VAT rate".",
            "path": "title",
            "rule": "title_vague",
            "severity": "error",
          },
          {
            "message": "This is a bug report. Add a section "Steps to reproduce" with numbered steps, from a known start to the fault.",
            "path": "description",
            "rule": "bug_without_steps_to_reproduce",
            "severity": "error",
          },
          {
            "message": "This is a bug report. Add a section "Expected": what should happen at the last step.",
            "path": "description",
            "rule": "bug_without_expected",
            "severity": "error",
          },
          {
            "message": "This is a bug report. Add a section "Actual": what happens instead, with the exact message.",
            "path": "description",
            "rule": "bug_without_actual",
            "severity": "error",
          },
          {
            "message": "Add at least one acceptance criterion: something a person can check, such as "An order over 500 EUR shows 19 % VAT".",
            "path": "acceptance_criteria",
            "rule": "criteria_missing",
            "severity": "error",
          },
          {
            "message": "In this project P0 needs the label incident. Add the label if this is one, or choose a lower priority.",
            "path": "labels",
            "rule": "label_for_priority",
            "severity": "error",
          },
          {
            "message": "Write the title in normal letters with at most one mark; urgency goes into priority.",
            "path": "title",
            "rule": "title_shouts",
            "severity": "warning",
          },
        ],
        "valid": false,
      }
    `)
  })

  it('says of a draft what draft_ticket said', async () => {
    const drafted = await tickets.call('draft_ticket', { project_key: 'WEB', template_id: 'bug' })
    const { draft_id, issues } = drafted['draft'] as { draft_id: string } & Validation
    expect(validation(await tickets.call('validate_ticket', { draft_id })).issues).toEqual(issues)
  })

  it('keeps nothing', async () => {
    await tickets.call('validate_ticket', good)
    expect((await tickets.call('search_tickets', { project_key: 'OPS', text: 'archive robot' }))['count']).toBe(0)
  })

  it('does not see drafts of others', async () => {
    const drafted = await tickets.call('draft_ticket', { project_key: 'OPS' })
    const { draft_id } = drafted['draft'] as { draft_id: string }
    const colleague = { ...tickets.host.principal('support'), subject: 'colleague' }
    expect(outcome(await tickets.call('validate_ticket', { draft_id }, { as: colleague }))).toBe('NOT_FOUND/absent')
    expect(outcome(await tickets.call('validate_ticket', { draft_id }, { as: 'globex-support' }))).toBe(
      'NOT_FOUND/absent',
    )
    const moved = tickets.supportFor('WEB')
    expect(outcome(await tickets.call('validate_ticket', { draft_id }, { as: moved }))).toBe('NOT_FOUND/absent')
  })

  it.each([
    ['neither draft nor project', { title: good.title }, 'VALIDATION_ERROR/rule', ['project_key']],
    [
      'both',
      { draft_id: `draft_${'a'.repeat(22)}`, title: good.title, priority: 'P1' },
      'VALIDATION_ERROR/rule',
      ['title', 'priority'],
    ],
    ['an unknown field', { ...good, watchers: [] }, 'VALIDATION_ERROR/schema', ['watchers']],
    ['a draft id of another form', { draft_id: '1' }, 'VALIDATION_ERROR/schema', ['draft_id']],
  ])('refuses %s', async (_, input, expected, paths) => {
    const reply = await tickets.call('validate_ticket', input)
    expect(outcome(reply)).toBe(expected)
    expect(errorOf(reply).details.issues?.map(({ path }) => path)).toEqual(paths)
  })

  it.each([
    ['a draft that does not exist', { draft_id: `draft_${'a'.repeat(22)}` }, 'NOT_FOUND/absent'],
    ['a project that is not granted', { ...good, project_key: 'PAY' }, 'PERMISSION_DENIED/rows'],
  ])('refuses %s', async (_, input, expected) => {
    expect(outcome(await tickets.call('validate_ticket', input))).toBe(expected)
  })

  it('may be used by roles that only read', async () => {
    expect(outcome(await tickets.call('validate_ticket', good, { as: 'duty-manager' }))).toBe('ok')
  })
})
