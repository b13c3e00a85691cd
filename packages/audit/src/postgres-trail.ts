import { ToolError } from '@postern/errors'
import { type Kysely, type Store, sql } from '@postern/store'
import { readCheckpointTable } from './checkpoint-table.ts'
import { directoryCopy } from './file-trail.ts'
import type { AuditSchema } from './migrations.ts'
import { slotOf } from './segment.ts'
import type { Lines, PrunableTrail } from './trail.ts'

export interface PostgresTrailOptions {
  readonly store: Store
  readonly server: string
  readonly environment: string
  /** True when the signing key lies in the same database, which is so where the environment file names none. */
  readonly keyBeside: boolean
  /** Directories where checkpoints are kept too. */
  readonly copies?: readonly string[]
}

const pageRowsMax = 2_000
const removedRowsMax = 10_000

/** A trail in PostgreSQL. */
export function postgresTrail({
  store,
  server,
  environment,
  keyBeside,
  copies = [],
}: PostgresTrailOptions): PrunableTrail {
  const db = store.query<AuditSchema>()
  return {
    server,
    environment,
    sink: 'postgres',
    name: 'PostgreSQL',
    keyBeside: async () => keyBeside,
    async chains() {
      // From one name to the next by the index: there are few, and very many records.
      const { rows } = await sql<{ chain: string }>`
        with recursive name as (
          select min(chain) as chain from postern_audit_record
          union all
          select (select min(r.chain) from postern_audit_record r where r.chain > name.chain) from name where name.chain is not null
        )
        select chain from name where chain is not null
        union all
        select chain from postern_audit_chain where seq > 0`.execute(db)
      const names = new Set(rows.map(({ chain }) => chain))
      return [...names].sort((a, b) => (slotOf(a, server) ?? 0) - (slotOf(b, server) ?? 0))
    },
    async bytes() {
      const row = await db
        .selectFrom('postern_audit_record')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirst()
      return Number(row?.n ?? 0)
    },
    lines: (chain, since) => linesFrom(store, chain, 0, since),
    async tail(chain) {
      const row = await db
        .selectFrom('postern_audit_record')
        .select('line')
        .where('chain', '=', chain)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.line
    },
    linesAfter: (chain, seq) => linesFrom(store, chain, seq),
    checkpoints: async () => [
      await readCheckpointTable(store, 'beside'),
      ...(await Promise.all(copies.map((copy) => directoryCopy(copy)))),
    ],
    async firstKept(chain, before, covered) {
      const kept = db.selectFrom('postern_audit_record').where('chain', '=', chain)
      const young = await kept
        .select(({ fn }) => fn.min<number | null>('seq').as('seq'))
        .where('at', '>=', Date.parse(before))
        .executeTakeFirst()
      const last = await kept.select(({ fn }) => fn.max<number | null>('seq').as('seq')).executeTakeFirst()
      return Math.min(Number(young?.seq ?? last?.seq ?? 1), Math.max(covered, 1))
    },
    async remove(chain, first) {
      for (let removed = removedRowsMax; removed === removedRowsMax; ) {
        const { rows } = await sql<{ n: number }>`
          with old as (
            select seq from postern_audit_record where chain = ${chain} and seq < ${first}::int8
            order by seq limit ${removedRowsMax}::int8
          ), gone as (
            delete from postern_audit_record where chain = ${chain} and seq in (select seq from old) returning 1
          ) select count(*)::int8 as n from gone`.execute(db)
        removed = Number(rows[0]?.n ?? 0)
      }
    },
    async removeCheckpoints(before) {
      await sql`
        delete from postern_audit_checkpoint old
        where old.at < ${Date.parse(before)}::int8 and exists (
          select from postern_audit_checkpoint newer where newer.writer = old.writer and newer.at > old.at
        )`.execute(db)
    },
  }
}

async function* linesFrom(store: Store, chain: string, after: number, since?: string): AsyncGenerator<Lines> {
  const db = store.query<AuditSchema>()
  let last = after
  if (since !== undefined) {
    const row = await db
      .selectFrom('postern_audit_record')
      .select(({ fn }) => fn.min<number | null>('seq').as('seq'))
      .where('chain', '=', chain)
      .where('at', '>=', Date.parse(since))
      .executeTakeFirst()
    last = row?.seq == null ? Number.MAX_SAFE_INTEGER : Number(row.seq) - 1
  }
  // The next page is on its way while one is being read.
  for (let page = pageBehind(db, chain, last); ; ) {
    const rows = await page
    const end = rows.at(-1)
    if (end === undefined) return
    last = end.seq
    page = pageBehind(db, chain, last)
    page.catch(() => {})
    yield { lines: rows.map(({ line }) => line), bytes: rows.length }
  }
}

/** The rows behind `seq`, where there are any. Long records: fewer at a time stay below what the store lets through. */
async function pageBehind(
  db: Kysely<AuditSchema>,
  chain: string,
  seq: number,
): Promise<{ seq: number; line: string }[]> {
  const ofChain = db.selectFrom('postern_audit_record').where('chain', '=', chain).where('seq', '>', seq)
  for (let rowsMax = pageRowsMax; ; rowsMax = Math.max(1, Math.trunc(rowsMax / 8)))
    try {
      // Bounded on both sides: without statistics PostgreSQL would sort all the rest of the chain for a limit.
      const rows = await ofChain
        .select(['seq', 'line'])
        .where('seq', '<=', seq + rowsMax)
        .orderBy('seq')
        .execute()
      if (rows.length > 0) return rows
      const next = await ofChain.select(({ fn }) => fn.min<number | null>('seq').as('seq')).executeTakeFirst()
      return next?.seq == null ? [] : pageBehind(db, chain, Number(next.seq) - 1)
    } catch (error) {
      if (!(error instanceof ToolError && error.reason === 'result_too_large') || rowsMax === 1) throw error
    }
}
