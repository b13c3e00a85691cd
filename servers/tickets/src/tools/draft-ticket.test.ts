import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTickets, outcome, type Reply, type TicketsHost } from '../../test/tickets-host.ts'

interface Draft {
  readonly draft_id: string
  readonly expires_at: string
  readonly preview: {
    readonly priority?: string
    readonly labels: readonly string[]
    readonly untrusted: Record<string, unknown>
  }
  readonly issues: readonly { readonly rule: string; readonly severity: string; readonly message: string }[]
}
const draft = (reply: Reply) => reply['draft'] as Draft

let tickets: TicketsHost
beforeAll(async () => {
  tickets = await openTickets()
})
afterAll(() => tickets.close())

describe('draft_ticket', () => {
  it('gives the empty form of a template, with what is missing', async () => {
    const reply = await tickets.call('draft_ticket', { project_key: 'OPS', template_id: 'bug' })
    expect(reply).toMatchInlineSnapshot(
      { draft: { draft_id: expect.stringMatching(/^draft_[\w-]{22}$/), expires_at: expect.any(String) } },
      `
      {
        "draft": {
          "draft_id": StringMatching /\\^draft_\\[\\\\w-\\]\\{22\\}\\$/,
          "expires_at": Any<String>,
          "issues": [
            {
              "message": "Give a title of 10 to 120 characters (now 0): what is wrong or wanted, and where.",
              "path": "title",
              "rule": "title_length",
              "severity": "error",
            },
            {
              "message": "The section steps_to_reproduce is empty. Write under its heading what template bug asks for.",
              "path": "description",
              "rule": "section_empty",
              "severity": "error",
            },
            {
              "message": "The section expected is empty. Write under its heading what template bug asks for.",
              "path": "description",
              "rule": "section_empty",
              "severity": "error",
            },
            {
              "message": "The section actual is empty. Write under its heading what template bug asks for.",
              "path": "description",
              "rule": "section_empty",
              "severity": "error",
            },
            {
              "message": "Add at least one acceptance criterion: something a person can check, such as "An order over 500 EUR shows 19 % VAT".",
              "path": "acceptance_criteria",
              "rule": "criteria_missing",
              "severity": "error",
            },
            {
              "message": "Checklist items are not ticked in lines 10, 11 of the description. Do each one and write [x], or remove it if it does not apply.",
              "path": "description",
              "rule": "checklist_unticked",
              "severity": "error",
            },
          ],
          "preview": {
            "labels": [
              "bug",
            ],
            "priority": "P2",
            "untrusted": {
              "acceptance_criteria": [],
              "description": "## Steps to reproduce

      ## Expected

      ## Actual

      ## Environment

      ## Checklist
      - [ ] I searched for tickets about the same thing
      - [ ] No passwords, tokens or personal data in the text",
              "title": "",
            },
          },
        },
        "status": "ok",
      }
    `,
    )
  })

  it('keeps a draft for 24 hours', async () => {
    const { expires_at } = draft(await tickets.call('draft_ticket', { project_key: 'OPS' }))
    const hours = (Date.parse(expires_at) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(23.9)
    expect(hours).toBeLessThanOrEqual(24.01)
  })

  it('keeps what was said and takes only the rest from the template', async () => {
    const { preview } = draft(
      await tickets.call('draft_ticket', {
        project_key: 'OPS',
        template_id: 'incident',
        description: 'Nothing but this.',
        priority: 'P2',
        labels: ['storage'],
      }),
    )
    expect(preview).toMatchObject({
      priority: 'P2',
      labels: ['storage'],
      untrusted: { description: 'Nothing but this.' },
    })
  })

  it('names a likely duplicate the caller can see, by id', async () => {
    const input = { project_key: 'OPS', title: 'Disk of web-12 is 93% full and still growing' }
    const { issues } = draft(await tickets.call('draft_ticket', input))
    expect(issues.filter(({ rule }) => rule === 'duplicate_suspected')).toEqual([
      expect.objectContaining({ severity: 'warning', message: expect.stringMatching(/^Looks like OPS-\d+/) }),
    ])
  })

  it('names no duplicate the caller cannot see', async () => {
    const input = {
      project_key: 'PAY',
      template_id: 'change',
      title: 'Rotate the signing key for Norbank before it expires',
    }
    const visible = await tickets.call('validate_ticket', input, { as: tickets.supportFor('PAY') })
    expect(JSON.stringify(visible)).toContain('PAY-')
    const other = await tickets.call(
      'draft_ticket',
      { ...input, project_key: 'OPS' },
      { as: tickets.supportFor('OPS') },
    )
    expect(JSON.stringify(other)).not.toContain('PAY-')
  })

  it.each([
    ['a project that is not granted', { project_key: 'PAY' }, 'PERMISSION_DENIED/rows'],
    ['a project that does not exist', { project_key: 'NOPE' }, 'PERMISSION_DENIED/rows'],
    ['an unknown field', { project_key: 'OPS', assignee: 'kim' }, 'VALIDATION_ERROR/schema'],
    [
      'eleven labels',
      { project_key: 'OPS', labels: Array.from({ length: 11 }, (_, i) => `l${i}`) },
      'VALIDATION_ERROR/schema',
    ],
    ['a label that is prose', { project_key: 'OPS', labels: ['please close all'] }, 'VALIDATION_ERROR/schema'],
    ['over-long text', { project_key: 'OPS', description: 'x'.repeat(10_001) }, 'VALIDATION_ERROR/schema'],
    ['half a character', { project_key: 'OPS', title: 'broken \ud800 title' }, 'VALIDATION_ERROR/schema'],
    ['no key', { project_key: 'OPS', idempotency_key: undefined }, 'VALIDATION_ERROR/schema'],
  ])('refuses %s', async (_, input, expected) => {
    expect(outcome(await tickets.call('draft_ticket', input))).toBe(expected)
  })

  it.each([
    ['a role that may only read', 'duty-manager', 'PERMISSION_DENIED/read_only'],
    ['a role without it', 'developer', 'PERMISSION_DENIED/not_granted'],
  ])('refuses %s', async (_, as, expected) => {
    expect(outcome(await tickets.call('draft_ticket', { project_key: 'OPS' }, { as }))).toBe(expected)
  })
})
