import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, openTickets, outcome, type Reply, type TicketsHost } from '../../test/tickets-host.ts'

interface Row {
  readonly ticket_id: string
  readonly status: string
  readonly priority: string
  readonly labels: readonly string[]
  readonly updated_at: string
  readonly untrusted: { readonly title: string; readonly suspicious?: readonly string[] }
}
const rows = (reply: Reply) => reply['tickets'] as readonly Row[]

let tickets: TicketsHost
beforeAll(async () => {
  tickets = await openTickets()
})
afterAll(() => tickets.close())

const search = (input: Readonly<Record<string, unknown>>, as?: Parameters<TicketsHost['call']>[2]) =>
  tickets.call('search_tickets', input, as)

describe('search_tickets', () => {
  it('finds tickets of a project in a compact form', async () => {
    const reply = await search({ project_key: 'OPS', text: 'backup', limit: 1 })
    const { next_cursor, ...rest } = reply
    expect(next_cursor).toBeTypeOf('string')
    expect(rest).toMatchInlineSnapshot(`
      {
        "count": 6,
        "status": "ok",
        "tickets": [
          {
            "labels": [
              "bug",
              "backup",
            ],
            "priority": "P3",
            "status": "waiting",
            "ticket_id": "OPS-84",
            "untrusted": {
              "title": "Nightly backup of node-14 fails with "no space left on device"",
            },
            "updated_at": "2026-06-07T21:04:35.095Z",
          },
        ],
      }
    `)
  })

  it('orders by change, newest first, over all pages, each ticket once', async () => {
    const seen: Row[] = []
    let cursor: string | undefined
    do {
      const reply = await search({ project_key: 'WEB', limit: 20, ...(cursor && { cursor }) })
      seen.push(...rows(reply))
      expect(reply['count']).toBe(80)
      cursor = reply['next_cursor'] as string | undefined
    } while (cursor !== undefined)
    expect(new Set(seen.map(({ ticket_id }) => ticket_id)).size).toBe(80)
    expect(seen.map(({ updated_at }) => updated_at)).toEqual(
      seen
        .map(({ updated_at }) => updated_at)
        .sort()
        .reverse(),
    )
  })

  it.each([
    ['status', { status: ['closed', 'resolved'] }, (row: Row) => ['closed', 'resolved'].includes(row.status)],
    ['priority', { priority: ['P0', 'P1'] }, (row: Row) => ['P0', 'P1'].includes(row.priority)],
    ['label', { label: 'incident' }, (row: Row) => row.labels.includes('incident')],
  ])('filters by %s', async (_, filter, matches) => {
    const found = await search({ project_key: 'OPS', limit: 50, ...filter })
    const all = [...rows(await search({ project_key: 'OPS', limit: 50 }))]
    const second = await search({
      project_key: 'OPS',
      limit: 50,
      cursor: (await search({ project_key: 'OPS', limit: 50 }))['next_cursor'],
    })
    all.push(...rows(second))
    expect(rows(found).map(({ ticket_id }) => ticket_id)).toEqual(all.filter(matches).map(({ ticket_id }) => ticket_id))
    expect(rows(found).length).toBeGreaterThan(0)
  })

  it.each([
    ['in any case', 'BACKUP no SPACE', 6],
    ['in full-width letters', 'ｂａｃｋｕｐ', 6],
    ['in Japanese', '監視アラート', 6],
    ['in Arabic', 'المخزون', 6],
    ['by id', 'OPS-84', 1],
    ['with what would be a pattern', '%', 12],
    ['with nothing like it', 'no such words anywhere', 0],
  ])('finds text %s', async (_, text, atLeast) => {
    const { count, ...reply } = await search({ project_key: 'OPS', text, limit: 50 })
    if (atLeast === 0) expect(count).toBe(0)
    else expect(count).toBeGreaterThanOrEqual(atLeast)
    if (text === '%') expect(count).toBeLessThan(92)
    expect(rows(reply as Reply).length).toBe(count)
  })

  it('shows hostile titles under untrusted, disarmed', async () => {
    const found = rows(await search({ project_key: 'WEB', label: 'mail-in' }))
    expect(found).toHaveLength(2)
    const text = JSON.stringify(found)
    expect(text).not.toMatch(/[\u202a-\u202e\u{e0000}-\u{e007f}]/u)
    expect(text).not.toContain('https://evil')
  })

  it.each([
    ['a project that is not granted', { project_key: 'PAY' }, 'PERMISSION_DENIED/rows'],
    ['a project that does not exist', { project_key: 'NOPE' }, 'PERMISSION_DENIED/rows'],
    ['no project', {}, 'VALIDATION_ERROR/schema'],
    ['an unknown field', { project_key: 'OPS', query: 'x' }, 'VALIDATION_ERROR/schema'],
    ['an unknown status', { project_key: 'OPS', status: ['done'] }, 'VALIDATION_ERROR/schema'],
    ['too high a limit', { project_key: 'OPS', limit: 51 }, 'VALIDATION_ERROR/schema'],
    ['over-long text', { project_key: 'OPS', text: 'x'.repeat(201) }, 'VALIDATION_ERROR/schema'],
    ['U+0000', { project_key: 'OPS', text: 'a\u0000b' }, 'VALIDATION_ERROR/schema'],
    ['a cursor of nobody', { project_key: 'OPS', cursor: 'AAAA' }, 'VALIDATION_ERROR/cursor'],
  ])('refuses %s', async (_, input, expected) => {
    expect(outcome(await search(input))).toBe(expected)
  })

  it('tells absent and foreign projects apart by nothing', async () => {
    const foreign = errorOf(await search({ project_key: 'PAY' }))
    const absent = errorOf(await search({ project_key: 'NOPE' }))
    expect({ ...absent, request_id: '', message: '' }).toEqual({ ...foreign, request_id: '', message: '' })
    expect(absent.message).toBe(foreign.message.replace('PAY', 'NOPE'))
  })

  it('refuses a cursor of another query and of another caller', async () => {
    const cursor = (await search({ project_key: 'OPS', limit: 5 }))['next_cursor']
    expect(outcome(await search({ project_key: 'OPS', limit: 5, cursor }))).toBe('ok')
    expect(outcome(await search({ project_key: 'WEB', limit: 5, cursor }))).toBe('VALIDATION_ERROR/cursor')
    expect(outcome(await search({ project_key: 'OPS', limit: 5, cursor }, { as: 'globex-support' }))).toBe(
      'VALIDATION_ERROR/cursor',
    )
  })

  it('shows each tenant its own, however alike', async () => {
    const acme = await search({ project_key: 'OPS', text: 'backup' })
    const globex = await search({ project_key: 'OPS', text: 'backup' }, { as: 'globex-support' })
    expect(acme['count']).toBe(6)
    expect(globex['count']).toBe(1)
  })
})
