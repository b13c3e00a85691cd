import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { expect, it } from 'vitest'
import { rowsWhere } from './rows-where.ts'

interface Schema {
  t: { project_key: string; tenant: string }
}
const db = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (inner) => new SqliteIntrospector(inner),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})
const columns = { project: 'project_key', tenant: 'tenant' }
const where = (scope: Parameters<typeof rowsWhere>[0]) => {
  const { sql, parameters } = db.selectFrom('t').select('tenant').where(rowsWhere(scope, columns)).compile()
  return [sql.replace('select "tenant" from "t" where ', ''), ...parameters]
}

it('is an OR of ANDs with bound values', () => {
  expect(where([{ project: ['OPS', 'WEB'], tenant: ['acme'] }, { tenant: [`x' or 1=1 --`] }])).toEqual([
    '(("project_key" in (?, ?) and "tenant" in (?)) or "tenant" in (?))',
    'OPS',
    'WEB',
    'acme',
    `x' or 1=1 --`,
  ])
})

it.each([
  ['an empty scope', []],
  ['a conjunction without attributes', [{}]],
  ['no values', [{ tenant: [] }]],
  ['an attribute without a column', [{ tenant: ['acme'], region: ['eu'] }]],
  ['an attribute that every object has', [{ constructor: ['x'] }]],
])('selects nothing for %s', (_case, scope) => {
  expect(where(scope)).toEqual(['false'])
})

it('keeps the conjunctions that can be said', () => {
  expect(where([{ region: ['eu'] }, { tenant: ['acme'] }, {}])).toEqual(['"tenant" in (?)', 'acme'])
})
