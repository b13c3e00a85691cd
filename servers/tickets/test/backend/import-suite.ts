import type { ImportReport, ImportRow } from '@postern/host'
import { effectOn, type OpenStore } from '@postern/host/testing/backend'
import type { Store } from '@postern/store'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backendSection } from '../../src/backends/backend-section.ts'
import { importer } from '../../src/backends/index.ts'
import { localTickets } from '../../src/backends/local-tickets.ts'
import { storedDrafts } from '../../src/backends/stored-drafts.ts'
import type { Tables } from '../../src/backends/tables.ts'

async function* lines(values: readonly Readonly<Record<string, unknown>>[]): AsyncGenerator<ImportRow> {
  for (const [index, value] of values.entries()) yield { line: index + 2, values: value }
}

const signal = new AbortController().signal
const context = (tenant: string) => ({ tenant, subject: 'x', signal })

/** What has to hold of an import into a store of either engine. Each test has a tenant of its own. */
export function importSuite(open: OpenStore): void {
  let store: Store
  let tenant = ''
  let tenants = 0
  beforeAll(async () => {
    store = await open('import')
  })
  afterAll(() => store.close())
  beforeEach(() => {
    tenants += 1
    tenant = `tenant-${tenants}`
  })

  const run = (rows: AsyncIterable<ImportRow>, into = tenant): Promise<ImportReport> =>
    importer.load(rows, backendSection.parse({ kind: 'local' }), {
      store,
      environment: 'test',
      signal,
      tenant: into,
      onProgress: () => undefined,
    })
  const load = (values: readonly Readonly<Record<string, unknown>>[], into = tenant) => run(lines(values), into)
  const db = () => store.query<Tables>()
  const tickets = () => db().selectFrom('tickets').selectAll().where('tenant', '=', tenant).orderBy('number').execute()
  const projects = () =>
    db()
      .selectFrom('projects')
      .select(['project_key', 'next_number'])
      .where('tenant', '=', tenant)
      .orderBy('project_key')
      .execute()
  const row = (number: number, change: Readonly<Record<string, unknown>> = {}) => ({
    ticket_id: `ABC-${number}`,
    project_key: 'ABC',
    title: `Ticket number ${number}`,
    ...change,
  })

  describe('the import', () => {
    it('loads text as a CSV file gives it', async () => {
      const report = await load([
        row(7, {
          description: 'First\nSecond',
          status: 'waiting',
          priority: 'P1',
          labels: 'backup, storage',
          acceptance_criteria: 'One\nTwo; three\n',
          reporter_email: 'kim@acme.example',
          assignee: '',
          created_at: '2026-01-31T08:30:00+01:00',
          updated_at: '2026-02-01',
        }),
      ])
      expect(report).toEqual({ imported: 1, rejected: [], rejectedTotal: 0 })
      const ticket = await localTickets(store, 'https://t.example').get('ABC-7', context(tenant))
      expect(ticket).toEqual({
        tenant,
        ticket_id: 'ABC-7',
        project_key: 'ABC',
        status: 'waiting',
        priority: 'P1',
        labels: ['backup', 'storage'],
        title: 'Ticket number 7',
        description: 'First\nSecond',
        acceptance_criteria: ['One', 'Two; three'],
        template_id: undefined,
        reporter_email: 'kim@acme.example',
        assignee: undefined,
        created_at: '2026-01-31T07:30:00.000Z',
        updated_at: '2026-02-01T00:00:00.000Z',
        url: 'https://t.example/ABC-7',
      })
    })

    it('loads lists as a JSON file gives them', async () => {
      const report = await load([row(1, { labels: ['a', 'b'], acceptance_criteria: ['x', 'y'], assignee: null })])
      expect(report.imported).toBe(1)
      expect((await tickets())[0]).toMatchObject({
        labels: '["a","b"]',
        acceptance_criteria: '["x","y"]',
        assignee: null,
      })
    })

    it('makes unknown projects, with the standard templates, and goes on counting behind the last ticket', async () => {
      await load([row(40), row(7), { ...row(3), ticket_id: 'XYZ-3', project_key: 'XYZ' }])
      expect(await projects()).toEqual([
        { project_key: 'ABC', next_number: 41 },
        { project_key: 'XYZ', next_number: 4 },
      ])
      const templates = db().selectFrom('templates').select('template_id').where('tenant', '=', tenant)
      expect(await templates.execute()).toHaveLength(8)
    })

    it('numbers tickets without ids, behind those that are there', async () => {
      await load([row(5)])
      await load(Array.from({ length: 250 }, (_, i) => ({ project_key: 'ABC', title: `Line ${i}` })))
      const found = await tickets()
      expect(found.map(({ number }) => number)).toEqual([5, ...Array.from({ length: 250 }, (_, i) => 6 + i)])
      expect(found.at(-1)?.title).toBe('Line 249')
    })

    it('makes new tickets findable', async () => {
      await load([row(1, { title: 'Ｄruckeraufträge FEHLEN', labels: 'mail' })])
      const query = { project_key: 'ABC', words: { match: 'all' as const, terms: ['druckeraufträge', 'abc-1'] } }
      const page = { limit: 5, rows: [{ tenant: [tenant] }] }
      expect((await localTickets(store, '').search(query, page, context(tenant))).total).toBe(1)
    })

    it.each([
      ['no title', row(1, { title: '' }), 'title', 'is missing'],
      ['a status of another tracker', row(1, { status: 'Done' }), 'status', 'must be one of open'],
      ['a bad key', row(1, { project_key: 'ops' }), 'project_key', 'capital letters'],
      ['an id of another project', row(1, { project_key: 'XYZ' }), 'ticket_id', 'does not begin with'],
      ['a bad id', row(1, { ticket_id: '12' }), 'ticket_id', 'OPS-12'],
      ['a label with spaces', row(1, { labels: ['two words'] }), 'labels', 'small letters'],
      ['too many labels', row(1, { labels: 'a b c d e f g h i j k' }), 'labels', 'at most 10'],
      ['a bad address', row(1, { reporter_email: 'Kim <kim@x>' }), 'reporter_email', 'e-mail'],
      ['a day that does not exist', row(1, { created_at: '2026-13-01' }), 'created_at', 'a day that exists'],
      ['a time in words', row(1, { created_at: 'yesterday' }), 'created_at', '2026-01-31T08:30:00Z'],
      [
        'an end before the start',
        row(1, { created_at: '2026-02-02', updated_at: '2026-02-01' }),
        'updated_at',
        'before created_at',
      ],
      ['an unknown column', row(1, { Summary: 'x' }), 'Summary', 'is no column'],
      ['U+0000', row(1, { title: 'a\u0000b' }), 'title', 'U+0000'],
      ['a number as title', row(1, { title: 7 }), 'title', 'text'],
      ['an over-long text', row(1, { description: 'x'.repeat(40_000) }), 'description', 'at most 32767'],
    ])('rejects %s and says where', async (name, bad, column, problem) => {
      const report = await load([row(1000), bad, row(1001)])
      expect(report.rejected, name).toEqual([{ line: 3, column, problem: expect.stringContaining(problem) }])
      expect(report.imported).toBe(0)
      expect(await tickets()).toEqual([])
      expect(await projects()).toEqual([])
    })

    it('rejects ids that are there already, twice in the file, or given to some lines only', async () => {
      await load([row(1), row(2)])
      const report = await load([row(3), row(2), row(3), { project_key: 'ABC', title: 'No id' }])
      expect([...report.rejected].sort((a, b) => a.line - b.line)).toEqual([
        { line: 3, column: 'ticket_id', problem: 'a ticket with this ticket_id exists already' },
        { line: 4, column: 'ticket_id', problem: 'the same ticket_id as on line 2' },
        { line: 5, column: 'ticket_id', problem: expect.stringContaining('give all lines one, or none') },
      ])
      expect(await tickets()).toHaveLength(2)
    })

    it('takes the ids of another tenant for free', async () => {
      await load([row(1)])
      expect((await load([row(1)], `${tenant}-twin`)).imported).toBe(1)
    })

    it('lists a hundred faults and counts them all', async () => {
      const report = await load(Array.from({ length: 350 }, (_, i) => row(i + 1, { priority: 'high' })))
      expect(report.rejected).toHaveLength(100)
      expect(report.rejectedTotal).toBe(350)
      expect(await tickets()).toEqual([])
    })

    it('leaves nothing behind when the file ends in a fault of its own', async () => {
      async function* torn(): AsyncGenerator<ImportRow> {
        yield* lines(Array.from({ length: 150 }, (_, i) => row(i + 1)))
        throw new Error('line 152: a quote is not closed')
      }
      await expect(run(torn())).rejects.toThrow('a quote is not closed')
      expect(await tickets()).toEqual([])
    })

    it('rejects a file without rows', async () => {
      expect(await load([])).toMatchObject({ imported: 0, rejectedTotal: 1 })
    })

    it('keeps off drafts and lets new tickets follow', async () => {
      await load([row(9)])
      const writer = { ...context(tenant), effect: effectOn(store, 'k') }
      const proposal = {
        project_key: 'ABC',
        title: 'After the import',
        description: '',
        labels: [],
        acceptance_criteria: [],
      }
      const { draft_id } = await storedDrafts(store).create(proposal, writer)
      const created = await localTickets(store, '').create({ ...proposal, priority: 'P3', draft_id }, writer)
      expect(created.ticket_id).toBe('ABC-10')
    })
  })
}
