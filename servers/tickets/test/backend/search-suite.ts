import { describe, expect, it } from 'vitest'
import type { Ticket } from '../../src/domain/ticket.ts'
import type { TicketQuery } from '../../src/domain/ticket-ports.ts'
import { type Bench, everything, ticket } from './bench.ts'

/** Pages, filters and row scopes. */
export function searchSuite(bench: () => Bench): void {
  describe('tickets.search', () => {
    it('pages through all, newest change first, ties by number, each once', async () => {
      const seen: Ticket[] = []
      let after: string | undefined
      do {
        const page = await bench().search({}, 7, everything, after)
        expect(page.items.length).toBeLessThanOrEqual(7)
        seen.push(...page.items)
        after = page.next
      } while (after !== undefined)
      const sorted = [...seen].sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1))
      expect(seen.map(({ updated_at }) => updated_at)).toEqual(sorted.map(({ updated_at }) => updated_at))
      expect(new Set(seen.map(({ ticket_id }) => ticket_id)).size).toBe(seen.length)
      expect((await bench().search({}, 1)).total ?? seen.length).toBe(seen.length)
    })

    it('pages through tickets that changed in the same millisecond', async () => {
      await bench().under.level('PAY')
      const query = { project_key: 'PAY' }
      const ids: string[] = []
      let after: string | undefined
      do {
        const page = await bench().search(query, 9, everything, after)
        ids.push(...page.items.map(({ ticket_id }) => ticket_id))
        after = page.next
      } while (after !== undefined)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.length).toBe((await bench().search(query, 1)).total)
    })

    it.each([
      ['status', { status: ['open'] }, (t: Ticket) => t.status === 'open'],
      ['several states', { status: ['closed', 'waiting'] }, (t: Ticket) => ['closed', 'waiting'].includes(t.status)],
      ['priority', { priority: ['P0'] }, (t: Ticket) => t.priority === 'P0'],
      ['a label, whole', { label: 'back' }, () => false],
      ['a label', { label: 'backup' }, (t: Ticket) => t.labels.includes('backup')],
      [
        'all words',
        { words: { match: 'all', terms: ['backup', 'db-03'] } },
        (t: Ticket) => /backup/i.test(t.title) && /db-03/.test(t.title),
      ],
      [
        'any word',
        { words: { match: 'any', terms: ['umlaute', 'vpn'] } },
        (t: Ticket) => /umlaute|vpn/i.test(`${t.title} ${t.description}`),
      ],
      [
        'two filters',
        { status: ['closed'], label: 'backup' },
        (t: Ticket) => t.status === 'closed' && t.labels.includes('backup'),
      ],
    ] as const)('filters by %s', async (_, query, matches) => {
      const all: Ticket[] = []
      for (let after: string | undefined; ; ) {
        const page = await bench().search({}, 50, everything, after)
        all.push(...page.items)
        after = page.next
        if (after === undefined) break
      }
      const found = await bench().search(query as Partial<TicketQuery>)
      const expected = all.filter(matches).map(({ ticket_id }) => ticket_id)
      expect(found.items.map(({ ticket_id }) => ticket_id)).toEqual(expected.slice(0, 50))
      if (found.scoped) expect(found.total).toBe(expected.length)
    })

    it.each(['%', '_', '\\', "'", '%%', '\\%'])('takes %j for letters', async (term) => {
      const marked = await bench().ports.tickets.create(
        ticket({ title: `Marked with ⟦${term}⟧ for the search` }),
        bench().writer(),
      )
      const found = await bench().search({ words: { match: 'all', terms: [`⟦${term}⟧`] } })
      expect(found.items.map(({ ticket_id }) => ticket_id)).toEqual([marked.ticket_id])
    })

    it.each([
      ['no rows at all', []],
      ['rows of another project', [{ tenant: ['acme'], project: ['WEB'] }]],
      ['rows of another tenant', [{ tenant: ['globex'], project: ['WEB'] }]],
      ['an attribute it does not know', [{ tenant: ['acme'], region: ['EU'] }]],
    ])('shows nothing under %s', async (_, rows) => {
      const { items, total } = await bench().search({}, 50, rows)
      expect(items).toEqual([])
      expect(total ?? 0).toBe(0)
    })

    it('shows the rows of several conjunctions', async () => {
      const rows = [
        { tenant: ['acme'], project: ['WEB'] },
        { tenant: ['acme'], project: ['OPS'] },
      ]
      expect((await bench().search({}, 50, rows)).total).toBe((await bench().search({}, 1)).total)
    })
  })
}
