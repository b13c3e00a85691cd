import { randomBytes } from 'node:crypto'
import type { Effect, Notes, Principal } from '@postern/tool'
import { beforeEach, describe, expect, it } from 'vitest'
import { bind } from './bind.ts'
import type { Grant } from './decide.ts'
import { handles } from './handle.ts'
import { type Change, type Create, definePort, type Get, type List, type PageRequest } from './port.ts'
import { inScope } from './rows.ts'

interface Note {
  readonly id: string
  readonly tenant: string
  readonly project: string
  readonly text: string
  readonly email?: string
}
interface Notes_ {
  get: Get<Note>
  search: List<{ text?: string; email?: string }, Note>
  create: Create<{ project: string; text: string }, Note>
  move: Change<{ project: string }, Note>
}
const attributes = (note: Note) => ({ tenant: note.tenant, project: note.project })
const spec = definePort<Notes_, Note>({
  id: (one) => one.id,
  attributes,
  maskable: ['email', 'text'],
  noun: 'note',
  methods: {
    get: { kind: 'get' },
    search: { kind: 'list', uses: (query) => Object.keys(query) },
    create: { kind: 'create', attributes: ({ project }) => ({ project }) },
    move: { kind: 'change', attributes: (_current, { project }) => ({ project }) },
  },
})

const ana = { issuer: 'i', subject: 'ana', tenant: 'acme', attributes: { projects: ['OPS'] } } as unknown as Principal
const note = (id: string, changes: Partial<Note> = {}): Note => ({
  id,
  tenant: 'acme',
  project: 'OPS',
  text: `text of ${id}`,
  email: `${id}@example.com`,
  ...changes,
})
const grant = (changes: Partial<Grant> = {}): Grant => ({
  role: 'r',
  mask: [],
  rows: 'all',
  rate: undefined,
  ...changes,
})

/** A backend that ignores the row scope altogether, as a broken one would. */
function backend(records: Note[], log: string[], pushDown = false): Notes_ {
  return {
    async get(id) {
      log.push(`get ${id}`)
      return records.find((one) => one.id === id)
    },
    search: async (_query, page: PageRequest) => {
      log.push(`search ${page.limit}`)
      const from = Number(page.after ?? 0)
      const visible = pushDown ? records.filter((one) => inScope(attributes(one), page.rows)) : records
      const items = visible.slice(from, from + page.limit)
      const next = from + items.length
      return {
        items,
        scoped: pushDown,
        total: visible.length,
        ...(next < visible.length && { next: String(next) }),
      }
    },
    async create(input, context) {
      log.push('create')
      return note('new', { ...input, tenant: context.tenant })
    },
    async move(id, input, { current }) {
      log.push(`move ${id}`)
      return { ...current, ...input }
    },
  }
}

describe('a bound port', () => {
  const store = handles(randomBytes(32))
  const signal = new AbortController().signal
  const write = { signal, effect: {} as Effect }
  let log: string[]
  let notes: Notes

  beforeEach(() => {
    log = []
    notes = {}
  })

  const bound = (records: Note[], grants: Grant[], options: { who?: Principal; pushDown?: boolean } = {}) =>
    bind(
      { notes: spec },
      { notes: backend(records, log, options.pushDown) },
      {
        principal: options.who ?? ana,
        grants,
        handles: store,
        notes,
      },
    ).notes

  describe('get', () => {
    it.each([
      ['absent', []],
      ['of another tenant', [note('n', { tenant: 'globex' })]],
      ['of another project', [note('n', { project: 'PAY' })]],
    ])('answers the same for a record %s', async (_case, records) => {
      const grants = [grant({ rows: { project: { in: '$projects' } } })]
      await expect(bound(records, grants).get('n', { signal })).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: 'There is no such note, or you may not see it.',
      })
      expect(log).toEqual(['get n'])
    })

    it('returns a record in scope and remembers it for the audit', async () => {
      expect(await bound([note('n')], [grant()]).get('n', { signal })).toEqual({ item: note('n'), masked: [] })
      expect(notes).toMatchObject({ targets: ['n'], rows: 1 })
    })
  })

  describe('masks', () => {
    it('drops the field and names it', async () => {
      const { item, masked } = await bound([note('n')], [grant({ mask: ['email'] })]).get('n', { signal })
      expect(item).not.toHaveProperty('email')
      expect(masked).toEqual(['email'])
    })

    it('shows a field that one role covering this record does not mask', async () => {
      const grants = [grant({ mask: ['email'] }), grant({ rows: { project: { eq: 'OPS' } } })]
      expect((await bound([note('n')], grants).get('n', { signal })).masked).toEqual([])
      expect((await bound([note('n', { project: 'PAY' })], grants).get('n', { signal })).masked).toEqual(['email'])
    })

    it('refuses to search by a masked field', async () => {
      const search = bound([note('n')], [grant({ mask: ['email'] })]).search({ email: 'n@' }, { limit: 5 }, { signal })
      await expect(search).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        reason: 'masked_field',
        details: { fields: ['email'] },
      })
      expect(log).toEqual([])
    })

    it('searches by it only in the rows where it is shown', async () => {
      const grants = [grant({ mask: ['email'] }), grant({ rows: { project: { eq: 'OPS' } } })]
      const records = [note('a'), note('b', { project: 'PAY' })]
      const page = await bound(records, grants).search({ email: '@' }, { limit: 5 }, { signal })
      expect(page.items.map((one) => one.id)).toEqual(['a'])
    })
  })

  describe('list', () => {
    const mixed = Array.from({ length: 40 }, (_, i) => note(`n${i}`, { tenant: i % 2 ? 'globex' : 'acme' }))

    it('checks every record, however the backend understood the scope', async () => {
      const page = await bound(mixed, [grant()]).search({}, { limit: 10 }, { signal })
      expect(page.items).toHaveLength(10)
      expect(page.items.every((one) => one.tenant === 'acme')).toBe(true)
    })

    it('refills a page from at most five backend pages, and goes on from there', async () => {
      const rare = Array.from({ length: 100 }, (_, i) => note(`n${i}`, { tenant: i % 20 === 19 ? 'acme' : 'globex' }))
      const seen: string[] = []
      let cursor: string | undefined
      let rounds = 0
      do {
        log.length = 0
        const page = await bound(rare, [grant()]).search({}, { limit: 4, cursor }, { signal })
        expect(log.length).toBeLessThanOrEqual(5)
        seen.push(...page.items.map((one) => one.id))
        cursor = page.nextCursor
      } while (cursor !== undefined && ++rounds < 50)
      expect(seen).toEqual(['n19', 'n39', 'n59', 'n79', 'n99'])
    })

    it('tells a count only where the scope was pushed down', async () => {
      expect((await bound(mixed, [grant()]).search({}, { limit: 5 }, { signal })).count).toBeNull()
      expect((await bound(mixed, [grant()], { pushDown: true }).search({}, { limit: 5 }, { signal })).count).toBe(20)
    })

    it('asks the backend nothing when the caller has no rows', async () => {
      const grants = [grant({ rows: { project: { in: '$regions' } } })]
      expect(await bound(mixed, grants).search({}, { limit: 5 }, { signal })).toEqual({
        items: [],
        masked: [],
        count: 0,
      })
      expect(log).toEqual([])
    })

    it('binds its cursor to the caller and to the query', async () => {
      const { nextCursor } = await bound(mixed, [grant()]).search({}, { limit: 5 }, { signal })
      const again = (who: Principal, query: object) =>
        bound(mixed, [grant()], { who }).search(query, { limit: 5, cursor: nextCursor }, { signal })
      expect((await again(ana, {})).items).toHaveLength(5)
      await expect(again({ ...ana, subject: 'eve' }, {})).rejects.toMatchObject({ reason: 'cursor' })
      await expect(again(ana, { text: 'x' })).rejects.toMatchObject({ reason: 'cursor' })
    })
  })

  describe('writes', () => {
    const grants = [grant({ rows: { project: { in: '$projects' } } })]

    it('creates in scope, in the tenant of the caller', async () => {
      const made = await bound([], grants).create({ project: 'OPS', text: 'x' }, write)
      expect(made.item).toMatchObject({ tenant: 'acme', project: 'OPS' })
    })

    it('refuses to create out of scope before the backend is asked', async () => {
      await expect(bound([], grants).create({ project: 'PAY', text: 'x' }, write)).rejects.toMatchObject({
        reason: 'rows',
      })
      expect(log).toEqual([])
    })

    it('changes what the caller may see into what it may see', async () => {
      const both = [grant({ rows: { project: { in: ['OPS', 'WEB'] } } })]
      expect((await bound([note('n')], both).move('n', { project: 'WEB' }, write)).item.project).toBe('WEB')
    })

    it('does not find a target out of scope, and moves none out of it', async () => {
      await expect(
        bound([note('n', { project: 'PAY' })], grants).move('n', { project: 'OPS' }, write),
      ).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(bound([note('n')], grants).move('n', { project: 'PAY' }, write)).rejects.toMatchObject({
        reason: 'rows',
      })
      expect(log.filter((entry) => entry.startsWith('move'))).toEqual([])
    })

    it('says which method sends, whatever the backend says', async () => {
      const sent: unknown[] = []
      const effect = {
        key: 'key',
        send: async (run: (key: string, signal: AbortSignal) => Promise<Note>, options: unknown) => {
          sent.push(options)
          return run('key', signal)
        },
      } as unknown as Effect
      const sending: Notes_ = {
        ...backend([note('n')], log),
        create: (_, context) => context.effect.send(async () => note('new'), { settleMs: 5, method: 'other' }),
        move: (_, __, context) => context.effect.send(async () => context.current),
      }
      const { create, move } = bind(
        { notes: spec },
        { notes: sending },
        { principal: ana, grants, handles: store, notes },
      ).notes
      await create({ project: 'OPS', text: 'x' }, { signal, effect })
      await move('n', { project: 'OPS' }, { signal, effect })
      expect(sent).toEqual([{ settleMs: 5, method: 'notes.create' }, { method: 'notes.move' }])
    })
  })

  it('takes owner for an attribute like any other where records do not belong to their maker', async () => {
    const owned = {
      ...spec,
      attributes: (one: Note) => ({ tenant: one.tenant, owner: one.project }),
      methods: { ...spec.methods, create: { kind: 'create' as const, attributes: () => ({ owner: 'ana' }) } },
    }
    const ports = { notes: backend([], log) }
    const as = (who: Principal) => {
      const grants = [grant({ rows: { owner: { eq: '$subject' } } })]
      return bind({ notes: owned }, ports, { principal: who, grants, handles: store, notes }).notes
    }
    expect((await as(ana).create({ project: 'OPS', text: 'x' }, write)).item.id).toBe('new')
    await expect(as({ ...ana, subject: 'eve' }).create({ project: 'OPS', text: 'x' }, write)).rejects.toMatchObject({
      reason: 'rows',
    })
  })

  it('keeps records that belong to their maker from everyone else', async () => {
    const own = { ...spec, own: true, attributes: (one: Note) => ({ ...attributes(one), owner: `i\u0000${one.text}` }) }
    const ports = { notes: backend([note('n', { text: 'ana' })], log) }
    const as = (who: Principal) =>
      bind({ notes: own }, ports, { principal: who, grants: [grant()], handles: store, notes }).notes
    expect((await as(ana).get('n', { signal })).item.id).toBe('n')
    await expect(as({ ...ana, subject: 'eve' }).get('n', { signal })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
