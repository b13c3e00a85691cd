import type { CompiledQuery } from 'kysely'
import type { BeginOptions, Engine, EngineTransaction } from './engine.ts'
import { type PoolOptions, PostgresPool } from './postgres-pool.ts'

/**
 * The production engine. Nothing connects before the first statement, and a database that goes away and comes back
 * is found again by the next one.
 */
export function openPostgres(options: PoolOptions): Engine {
  const pool = new PostgresPool(options)
  return {
    name: 'postgres',
    run: (query) => pool.once((connection) => connection.run(query, { final: !reads(query) })),
    begin: (settings) => begin(pool, settings),
    ping: async () => {
      await pool.once((connection) => connection.run({ sql: 'select 1', parameters: [] }, { final: false }))
    },
    close: () => pool.close(),
  }
}

async function begin(pool: PostgresPool, settings: BeginOptions): Promise<EngineTransaction> {
  const { patient = false } = settings
  const { connection, release } = await pool.reserve((candidate) =>
    candidate.run({ sql: beginStatement(settings), parameters: [] }, { final: false }),
  )
  return {
    run: (query) => connection.run(query, { final: false, patient }),
    async commit() {
      try {
        await connection.run({ sql: 'commit', parameters: [] }, { final: true, patient })
      } finally {
        release()
      }
    },
    async rollback() {
      try {
        if (connection.usable) await connection.run({ sql: 'rollback', parameters: [] }, { final: false })
      } catch {
        void connection.close()
      } finally {
        release()
      }
    },
  }
}

/** One message, so that a transaction costs one round trip to open. The numbers are ours, never a caller's. */
function beginStatement({ lockWaitMs, patient, durable = true }: BeginOptions): string {
  return [
    'begin',
    ...(lockWaitMs === undefined ? [] : [`set local lock_timeout = ${Math.max(1, Math.trunc(lockWaitMs))}`]),
    // The log is written in order: a later commit that waits takes this one with it (PostgreSQL, "Asynchronous Commit").
    ...(durable ? [] : ['set local synchronous_commit = off']),
    ...(patient ? ['set local statement_timeout = 0', 'set local idle_in_transaction_session_timeout = 0'] : []),
  ].join('; ')
}

/** Whether a lost answer leaves no doubt about what is stored. */
function reads({ query, sql }: CompiledQuery): boolean {
  return query.kind === 'SelectQueryNode' || /^\s*select\b/i.test(sql)
}
