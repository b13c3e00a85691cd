import { randomUUID } from 'node:crypto'
import type { BackendContext, OpenBackend } from '@postern/host'
import type { ReadContext, RowScope, WriteContext } from '@postern/policy'
import type { Store } from '@postern/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Proposal } from '../src/domain/proposal.ts'
import type { Ticket } from '../src/domain/ticket.ts'
import type { NewTicket, TicketPorts, TicketQuery } from '../src/domain/ticket-ports.ts'
import { effectOn } from './effect-on.ts'

/** What a backend's test brings: an opened backend with the sample set, or the like, in it. */
export interface BackendUnderTest {
  readonly context: BackendContext
  readonly backend: OpenBackend<TicketPorts>
  /** Makes a draft older than its 24 hours. */
  expire(draftId: string): Promise<void>
  close(): Promise<void>
}

const signal = new AbortController().signal
const everything: RowScope = [{ tenant: ['acme'] }]
const proposal: Proposal = {
  project_key: 'OPS',
  title: 'Archive robot stops after the third tape',
  description: 'The robot in the archive stops after the third tape and waits for a person to push it.',
  priority: 'P2',
  labels: ['archive'],
  acceptance_criteria: ['The robot moves 20 tapes in a row'],
}

/** What every backend has to do, whatever system it speaks to. Authorization is not its business: `bind` is above it. */
export function backendSuite(name: string, open: () => Promise<BackendUnderTest>): void {
  describe(name, () => {
    let under: BackendUnderTest
    let ports: TicketPorts
    let store: Store
    beforeAll(async () => {
      under = await open()
      ports = under.backend.ports
      store = under.context.store
    })
    afterAll(() => under.close())

    const reader = (tenant = 'acme', subject = 'urn:test\u0000kim'): ReadContext => ({ tenant, subject, signal })
    const writer = (key: string = randomUUID(), tenant = 'acme', subject = 'urn:test\u0000kim'): WriteContext => ({
      ...reader(tenant, subject),
      effect: effectOn(store, key),
    })
    const search = (query: Partial<TicketQuery>, limit = 50, rows = everything, after?: string) =>
      ports.tickets.search(
        { project_key: 'OPS', ...query },
        { limit, rows, ...(after !== undefined && { after }) },
        reader(),
      )
    const draft = (change: Partial<Proposal> = {}) => ports.drafts.create({ ...proposal, ...change }, writer())
    const ticket = (change: Partial<NewTicket> = {}): NewTicket => ({ ...proposal, priority: 'P2', ...change })

    describe('tickets.get', () => {
      it('gives a ticket of the tenant, whole', async () => {
        const created = await ports.tickets.create(
          ticket({ template_id: 'bug', reporter_email: 'kim@acme.example' }),
          writer(),
        )
        const found = await ports.tickets.get(created.ticket_id, reader())
        expect(found).toEqual(created)
        expect(found).toMatchObject({
          ...proposal,
          tenant: 'acme',
          status: 'open',
          template_id: 'bug',
          reporter_email: 'kim@acme.example',
        })
        expect(found?.url).toMatch(new RegExp(`/${created.ticket_id}$`))
      })

      it.each(['OPS-999999', 'NOPE-1', '', "' or 1=1 --", '%'])('gives nothing for %j', async (id) => {
        expect(await ports.tickets.get(id, reader())).toBeUndefined()
      })

      it('gives nothing of another tenant', async () => {
        const { ticket_id } = await ports.tickets.create(ticket({ project_key: 'WEB' }), writer())
        expect(await ports.tickets.get(ticket_id, reader('globex'))).toBeUndefined()
      })

      it('keeps every character of a text', async () => {
        const text = '\u202eعربي 日本語 👩🏽‍🚀 \\ % _ \' " ; -- \u001b[31m line\r\nend \u{e0041}'
        const { ticket_id } = await ports.tickets.create(ticket({ title: text, acceptance_criteria: [text] }), writer())
        expect(await ports.tickets.get(ticket_id, reader())).toMatchObject({ title: text, acceptance_criteria: [text] })
      })
    })

    describe('tickets.search', () => {
      it('pages through all, newest change first, ties by number, each once', async () => {
        const seen: Ticket[] = []
        let after: string | undefined
        do {
          const page = await search({}, 7, everything, after)
          expect(page.items.length).toBeLessThanOrEqual(7)
          seen.push(...page.items)
          after = page.next
        } while (after !== undefined)
        const sorted = [...seen].sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1))
        expect(seen.map(({ updated_at }) => updated_at)).toEqual(sorted.map(({ updated_at }) => updated_at))
        expect(new Set(seen.map(({ ticket_id }) => ticket_id)).size).toBe(seen.length)
        expect((await search({}, 1)).total ?? seen.length).toBe(seen.length)
      })

      it('pages through tickets that changed in the same millisecond', async () => {
        await store.transaction(async (transaction) => {
          const db = store.within<{
            tickets: { tenant: string; project_key: string; labels: string; updated_at: number }
          }>(transaction)
          await db
            .updateTable('tickets')
            .set({ updated_at: 1_750_000_000_000 })
            .where('project_key', '=', 'PAY')
            .execute()
        })
        const query = { project_key: 'PAY' }
        const ids: string[] = []
        let after: string | undefined
        do {
          const page = await search(query, 9, everything, after)
          ids.push(...page.items.map(({ ticket_id }) => ticket_id))
          after = page.next
        } while (after !== undefined)
        expect(new Set(ids).size).toBe(ids.length)
        expect(ids.length).toBe((await search(query, 1)).total)
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
          const page = await search({}, 50, everything, after)
          all.push(...page.items)
          after = page.next
          if (after === undefined) break
        }
        const found = await search(query as Partial<TicketQuery>)
        const expected = all.filter(matches).map(({ ticket_id }) => ticket_id)
        expect(found.items.map(({ ticket_id }) => ticket_id)).toEqual(expected.slice(0, 50))
        if (found.scoped) expect(found.total).toBe(expected.length)
      })

      it.each(['%', '_', '\\', "'", '%%', '\\%'])('takes %j for letters', async (term) => {
        const marked = await ports.tickets.create(ticket({ title: `Marked with ⟦${term}⟧ for the search` }), writer())
        const found = await search({ words: { match: 'all', terms: [`⟦${term}⟧`] } })
        expect(found.items.map(({ ticket_id }) => ticket_id)).toEqual([marked.ticket_id])
      })

      it.each([
        ['no rows at all', []],
        ['rows of another project', [{ tenant: ['acme'], project: ['WEB'] }]],
        ['rows of another tenant', [{ tenant: ['globex'], project: ['WEB'] }]],
        ['an attribute it does not know', [{ tenant: ['acme'], region: ['EU'] }]],
      ])('shows nothing under %s', async (_, rows) => {
        const { items, total } = await search({}, 50, rows)
        expect(items).toEqual([])
        expect(total ?? 0).toBe(0)
      })

      it('shows the rows of several conjunctions', async () => {
        const rows = [
          { tenant: ['acme'], project: ['WEB'] },
          { tenant: ['acme'], project: ['OPS'] },
        ]
        expect((await search({}, 50, rows)).total).toBe((await search({}, 1)).total)
      })
    })

    describe('tickets.create', () => {
      it('numbers tickets of a project one after the other, also at once', async () => {
        const made = await Promise.all(Array.from({ length: 8 }, () => ports.tickets.create(ticket(), writer())))
        const numbers = made.map(({ ticket_id }) => Number(ticket_id.slice(4))).sort((a, b) => a - b)
        expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
      })

      it('refuses a project that does not exist, and of another tenant alike', async () => {
        await expect(ports.tickets.create(ticket({ project_key: 'NOPE' }), writer())).rejects.toMatchObject({
          code: 'NOT_FOUND',
        })
        await expect(ports.tickets.create(ticket(), writer(undefined, 'initech'))).rejects.toMatchObject({
          code: 'NOT_FOUND',
        })
      })

      it('leaves neither ticket nor number nor used draft behind when the effect fails', async () => {
        const { draft_id } = await draft({ title: 'A ticket that is never made' })
        const failing: WriteContext = {
          ...writer(),
          effect: {
            ...effectOn(store, 'failing'),
            commit: (run) =>
              store.transaction(async (transaction) => {
                await run(transaction)
                throw new Error('lost')
              }),
          },
        }
        const before = await ports.tickets.create(ticket(), writer())
        await expect(
          ports.tickets.create(ticket({ title: 'A ticket that is never made', draft_id }), failing),
        ).rejects.toThrow('lost')
        const after = await ports.tickets.create(ticket(), writer())
        expect(Number(after.ticket_id.slice(4))).toBe(Number(before.ticket_id.slice(4)) + 1)
        expect((await search({ words: { match: 'all', terms: ['never made'] } })).items).toEqual([])
        expect((await ports.drafts.get(draft_id, reader()))?.used_by).toBeUndefined()
      })
    })

    describe('drafts', () => {
      it('keeps a draft for its owner', async () => {
        const kept = await draft()
        expect(await ports.drafts.get(kept.draft_id, reader())).toEqual(kept)
        expect(kept).toMatchObject({ ...proposal, tenant: 'acme', owner: 'urn:test\u0000kim' })
      })

      it('gives it to nobody else', async () => {
        const { draft_id } = await draft()
        expect(await ports.drafts.get(draft_id, reader('acme', 'urn:test\u0000lee'))).toBeUndefined()
        expect(await ports.drafts.get(draft_id, reader('globex'))).toBeUndefined()
      })

      it('forgets it when it has expired', async () => {
        const { draft_id } = await draft()
        await under.expire(draft_id)
        expect(await ports.drafts.get(draft_id, reader())).toBeUndefined()
        await expect(ports.tickets.create(ticket({ draft_id }), writer())).rejects.toMatchObject({ code: 'NOT_FOUND' })
      })

      it('is used up by the ticket made of it, and says by which write', async () => {
        const { draft_id } = await draft()
        await ports.tickets.create(ticket({ draft_id }), writer('write-1'))
        expect((await ports.drafts.get(draft_id, reader()))?.used_by).toBe('write-1')
        await expect(ports.tickets.create(ticket({ draft_id }), writer('write-2'))).rejects.toMatchObject({
          code: 'CONFLICT',
          reason: 'draft_used',
        })
      })

      it('may be used again by the write that used it: that one is recovering', async () => {
        const { draft_id } = await draft()
        await ports.tickets.create(ticket({ draft_id }), writer('write-3'))
        await expect(ports.tickets.create(ticket({ draft_id }), writer('write-3'))).resolves.toBeDefined()
      })

      it('cannot be used by another caller', async () => {
        const { draft_id } = await draft()
        const other = writer(undefined, 'acme', 'urn:test\u0000lee')
        await expect(ports.tickets.create(ticket({ draft_id }), other)).rejects.toMatchObject({ code: 'NOT_FOUND' })
        expect((await ports.drafts.get(draft_id, reader()))?.used_by).toBeUndefined()
      })

      it('makes exactly one ticket however many writes want it at once', async () => {
        const { draft_id } = await draft()
        const title = 'Made of one draft by many writes'
        const results = await Promise.allSettled(
          Array.from({ length: 8 }, () => ports.tickets.create(ticket({ draft_id, title }), writer())),
        )
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        for (const result of results)
          if (result.status === 'rejected')
            expect(result.reason).toMatchObject({ code: 'CONFLICT', reason: 'draft_used' })
        expect((await search({ words: { match: 'all', terms: ['many', 'writes'] } })).items).toHaveLength(1)
      })
    })

    describe('projects and templates', () => {
      it('finds a project under rows that hold it', async () => {
        const find = (project_key: string, rows: RowScope) =>
          ports.projects.find({ project_key }, { limit: 1, rows }, reader())
        expect((await find('WEB', everything)).items).toEqual([
          { tenant: 'acme', project_key: 'WEB', rules: { templates: ['bug', 'request'], highest_priority: 'P1' } },
        ])
        expect((await find('WEB', [{ tenant: ['acme'], project: ['OPS'] }])).items).toEqual([])
        expect((await find('NOPE', everything)).items).toEqual([])
      })

      it('pages through templates', async () => {
        const keys: string[] = []
        let after: string | undefined
        do {
          const page = await ports.templates.list(
            {},
            { limit: 2, rows: everything, ...(after !== undefined && { after }) },
            reader(),
          )
          keys.push(...page.items.map(({ project_key, template_id }) => `${project_key}/${template_id}`))
          after = page.next
        } while (after !== undefined)
        expect(keys).toEqual([
          ...['bug', 'change', 'incident', 'request'].map((id) => `OPS/${id}`),
          ...['bug', 'change', 'incident'].map((id) => `PAY/${id}`),
          ...['bug', 'request'].map((id) => `WEB/${id}`),
        ])
      })

      it('gives one template by its key', async () => {
        expect(await ports.templates.get('OPS/bug', reader())).toMatchObject({
          template_id: 'bug',
          default_labels: ['bug'],
        })
        expect(await ports.templates.get('OPS/nope', reader())).toBeUndefined()
        expect(await ports.templates.get('OPS', reader())).toBeUndefined()
        expect(await ports.templates.get('OPS/bug', reader('initech'))).toBeUndefined()
      })
    })
  })
}
