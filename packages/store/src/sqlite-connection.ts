import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { CompiledQuery, QueryResult } from 'kysely'
import { portable } from './engine.ts'

interface Prepared {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

/** One connection to the file, with its prepared statements. Synchronous: what it does is done when it returns. */
export class SqliteConnection {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  /** `busyWaitMs`: how long SQLite itself blocks the process while another one holds the file. */
  constructor(file: string, options: { readonly readOnly: boolean; readonly busyWaitMs: number }) {
    this.#db = new DatabaseSync(file, { readOnly: options.readOnly, timeout: options.busyWaitMs })
    // PostgreSQL's `like` tells upper from lower case.
    this.#db.exec('pragma case_sensitive_like = on')
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction
  }

  exec(sql: string): void {
    this.#db.exec(sql)
  }

  value(sql: string): unknown {
    return Object.values(this.#db.prepare(sql).get() ?? {})[0]
  }

  run(query: CompiledQuery): QueryResult<unknown> {
    const parameters = portable(query.parameters)
    const { statement, returnsRows } = this.#prepare(query.sql)
    if (returnsRows) {
      const rows = statement.all(...parameters)
      return query.query.kind === 'SelectQueryNode' ? { rows } : { rows, numAffectedRows: BigInt(rows.length) }
    }
    return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) }
  }

  close(): void {
    this.#prepared.clear()
    if (this.#db.isOpen) this.#db.close()
  }

  /** Preparing costs more than running a small statement; the oldest entry makes room for a new one. */
  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const statement = this.#db.prepare(sql)
    const prepared = { statement, returnsRows: statement.columns().length > 0 }
    if (this.#prepared.size === preparedMax)
      for (const oldest of this.#prepared.keys()) {
        this.#prepared.delete(oldest)
        break
      }
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

const preparedMax = 256
