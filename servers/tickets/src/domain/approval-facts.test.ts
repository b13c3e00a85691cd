import { join } from 'node:path'
import { environmentWith, type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, openTickets, outcome, type TicketsHost } from '../../test/tickets-host.ts'

const ticket = {
  project_key: 'OPS',
  title: 'Archive robot stops after the third tape',
  description: 'The robot in the archive stops after the third tape and waits for a person. It began with firmware 7.',
  labels: ['incident'],
  acceptance_criteria: ['The robot moves 20 tapes in a row'],
}

/** Under the rule of the staging and production files: P0 needs somebody else. */
describe('approval of tickets', () => {
  let directory: TemporaryDirectory
  let tickets: TicketsHost
  beforeAll(async () => {
    directory = temporaryDirectory()
    const development = join(import.meta.dirname, '../../environments/development.yaml')
    const rule = { create_ticket: { when: { priority: ['P0'] }, by: ['incident-reader'] } }
    tickets = await openTickets(environmentWith(development, { approvals: rule }, join(directory.path, 'rule.yaml')))
  })
  afterAll(async () => {
    await tickets.close()
    directory.remove()
  })

  const draftOf = async (priority?: string) => {
    const reply = await tickets.call('draft_ticket', { ...ticket, priority })
    return (reply['draft'] as { draft_id: string }).draft_id
  }
  const create = async (input: Readonly<Record<string, unknown>>) => outcome(await tickets.call('create_ticket', input))

  it.each([
    ['P0', 'APPROVAL_REQUIRED/pending'],
    ['P1', 'ok'],
  ])('looks at the fields: %s is %s', async (priority, expected) => {
    expect(await create({ ...ticket, priority })).toBe(expected)
  })

  it.each([
    ['P0', 'APPROVAL_REQUIRED/pending'],
    ['P2', 'ok'],
  ])('looks into the draft: %s is %s', async (priority, expected) => {
    expect(await create({ draft_id: await draftOf(priority) })).toBe(expected)
  })

  it('asks nobody about what could not be opened anyway', async () => {
    expect(await create({ draft_id: await draftOf() })).toBe('VALIDATION_ERROR/rule')
    expect(await create({ ...ticket, priority: 'P0', labels: [] })).toBe('VALIDATION_ERROR/rule')
    expect(await create(ticket)).toBe('VALIDATION_ERROR/rule')
    expect(await create({ draft_id: `draft_${'a'.repeat(22)}` })).toBe('NOT_FOUND/absent')
  })

  it.each([{ ...ticket, priority: 'P0', labels: ['incident', 'rows'] }, { draft: 'P0' }])(
    'is for those who may see the project: %j',
    async (asked) => {
      const input = 'draft' in asked ? { draft_id: await draftOf(asked.draft) } : asked
      const reply = await tickets.call('create_ticket', input)
      const { approval_id: id } = errorOf(reply).details as { approval_id?: string }
      const row = await tickets.host.desk.store
        .query<{ approvals: { id: string; attributes: string } }>()
        .selectFrom('approvals')
        .select('attributes')
        .where('id', '=', id ?? '')
        .executeTakeFirst()
      expect(JSON.parse(row?.attributes ?? '{}')).toEqual({ project: 'OPS' })
    },
  )

  it('shows the person who approves what stands in the draft', async () => {
    const reply = await tickets.call('create_ticket', { draft_id: await draftOf('P0') })
    expect(JSON.stringify(reply)).toContain(ticket.title)
  })
})
