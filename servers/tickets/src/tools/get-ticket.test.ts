import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTickets, outcome, type Reply, type TicketsHost } from '../../test/tickets-host.ts'

interface Shown {
  readonly ticket_id: string
  readonly reporter_email?: string
  readonly untrusted: Record<string, unknown>
}
const ticket = (reply: Reply) => reply['ticket'] as Shown

let tickets: TicketsHost
beforeAll(async () => {
  tickets = await openTickets()
})
afterAll(() => tickets.close())

describe('get_ticket', () => {
  it('reads one ticket', async () => {
    expect(await tickets.call('get_ticket', { ticket_id: 'OPS-3' }, { as: 'duty-manager' })).toMatchInlineSnapshot(`
      {
        "status": "ok",
        "ticket": {
          "assignee": "platform",
          "created_at": "2025-09-04T06:02:49.576Z",
          "labels": [
            "bug",
            "monitoring",
          ],
          "priority": "P2",
          "reporter_email": "elif.y@acme.example",
          "status": "resolved",
          "template_id": "bug",
          "ticket_id": "OPS-3",
          "untrusted": {
            "acceptance_criteria": [
              "負荷試験でアラートが 60 秒以内に届くこと",
              "遅延の記録がダッシュボードに表示されること",
            ],
            "description": "web-12 の CPU 使用率が 88% を超えてから、アラートメールが届くまで 20 分かかっています。夜間の当番が対応に遅れる原因になっています。

      ## 再現手順
      1. web-12 に負荷をかける
      2. 使用率が 90% を超えるのを待つ

      ## 期待される動作
      1 分以内に当番へメールが届く。

      ## 実際の動作
      20 分後にメールが届く。

      - [x] I searched for tickets about the same thing
      - [x] No passwords, tokens or personal data in the text",
            "title": "web-12 の監視アラートが 20 分遅れて届く",
          },
          "updated_at": "2025-09-08T19:03:43.506Z",
          "url": "https://tickets.example.com/browse/OPS-3",
        },
      }
    `)
  })

  it('leaves out what is masked, and names it', async () => {
    const reply = await tickets.call('get_ticket', { ticket_id: 'OPS-3' })
    expect(ticket(reply)).not.toHaveProperty('reporter_email')
    expect(reply['masked']).toEqual(['reporter_email'])
    expect(JSON.stringify(reply)).not.toContain('@acme.example')
  })

  it('shows only the fields asked for', async () => {
    const reply = await tickets.call('get_ticket', { ticket_id: 'OPS-3', fields: ['status', 'title'] })
    expect(reply).toEqual({
      status: 'ok',
      ticket: { ticket_id: 'OPS-3', status: expect.any(String), untrusted: { title: expect.any(String) } },
    })
  })

  it('names a masked field only when it was asked for', async () => {
    const reply = await tickets.call('get_ticket', { ticket_id: 'OPS-3', fields: ['reporter_email'] })
    expect(reply).toEqual({ status: 'ok', ticket: { ticket_id: 'OPS-3', untrusted: {} }, masked: ['reporter_email'] })
  })

  it('disarms what hostile tickets carry, and keeps it readable', async () => {
    const found = await tickets.call('search_tickets', { project_key: 'OPS', label: 'mail-in' })
    for (const { ticket_id } of found['tickets'] as Shown[]) {
      const { untrusted } = ticket(await tickets.call('get_ticket', { ticket_id }))
      expect(JSON.stringify(untrusted)).not.toMatch(/\\u00|https:\/\/evil/)
      expect(String(untrusted['description']).length).toBeGreaterThan(50)
    }
  })

  it('says so when cleaning makes a text too long to show', async () => {
    const input = { project_key: 'OPS', priority: 'P3', acceptance_criteria: ['Every link of the archive list opens'] }
    const description = 'See http://a.example/ '.repeat(180)
    expect(description.length).toBeLessThan(4000)
    const created = await tickets.call('create_ticket', { ...input, title: 'Archive list has dead links', description })
    const reply = await tickets.call('get_ticket', { ticket_id: ticket(created).ticket_id })
    expect(String(ticket(reply).untrusted['description'])).toMatch(/…$/)
    expect(reply['truncated']).toEqual(['description'])
  })

  it('says so when a description is too long to show', async () => {
    const description = `## Steps to reproduce\n1. Open it\n## Expected\nFine\n## Actual\nNot fine\n${'A long story. '.repeat(400)}`
    const created = await tickets.call('create_ticket', {
      project_key: 'OPS',
      title: 'Very long report about the archive robot',
      description,
      priority: 'P3',
      acceptance_criteria: ['The archive robot moves 20 tapes in a row'],
    })
    const reply = await tickets.call('get_ticket', { ticket_id: ticket(created).ticket_id })
    expect(String(ticket(reply).untrusted['description']).length).toBeLessThanOrEqual(4000)
    expect(reply['truncated']).toEqual(['description'])
  })

  it.each([
    ['an absent ticket', 'OPS-99999', 'NOT_FOUND/absent'],
    ['a ticket of another project', 'PAY-1', 'NOT_FOUND/absent'],
    ['a ticket of no project', 'NOPE-1', 'NOT_FOUND/absent'],
    ['something that is no id', "OPS-1' or 1=1", 'VALIDATION_ERROR/schema'],
  ])('answers for %s', async (_, ticket_id, expected) => {
    expect(outcome(await tickets.call('get_ticket', { ticket_id }))).toBe(expected)
  })

  it('never answers with the ticket of another tenant', async () => {
    const ours = ticket(await tickets.call('get_ticket', { ticket_id: 'OPS-15' }))
    const theirs = ticket(await tickets.call('get_ticket', { ticket_id: 'OPS-15' }, { as: 'globex-support' }))
    expect(theirs.untrusted).not.toEqual(ours.untrusted)
    expect(outcome(await tickets.call('get_ticket', { ticket_id: 'OPS-40' }, { as: 'globex-support' }))).toBe(
      'NOT_FOUND/absent',
    )
  })

  it.each([
    ['an unknown field to show', { ticket_id: 'OPS-1', fields: ['password'] }],
    ['no field at all', { ticket_id: 'OPS-1', fields: [] }],
    ['an unknown argument', { ticket_id: 'OPS-1', verbose: true }],
  ])('refuses %s', async (_, input) => {
    expect(outcome(await tickets.call('get_ticket', input))).toBe('VALIDATION_ERROR/schema')
  })
})
