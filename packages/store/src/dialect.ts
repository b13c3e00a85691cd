import {
  type CompiledQuery,
  type CreateTableNode,
  type DatabaseConnection,
  type DataTypeNode,
  type Dialect,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type SelectModifierNode,
  SqliteIntrospector,
  SqliteQueryCompiler,
  Transaction,
} from 'kysely'
import type { EngineName } from './engine.ts'

type Run = (query: CompiledQuery) => Promise<QueryResult<unknown>>

/** The query builders of one store: one for statements of their own, one for each transaction. */
export interface Builders {
  readonly outside: Kysely<unknown>
  within(run: Run): Kysely<unknown>
}

/** Kysely builds and compiles; connections, transactions and errors are the engine's. */
export function builders(engine: EngineName, run: Run): Builders {
  const driver = new Statements(run)
  const dialect: Dialect = {
    createDriver: () => driver,
    createQueryCompiler: () => (engine === 'sqlite' ? new SqliteCompiler() : new PostgresCompiler()),
    // Both engines return rows from writes, migrate inside transactions, and queue on their own.
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => (engine === 'sqlite' ? new SqliteIntrospector(db) : new PostgresIntrospector(db)),
  }
  const config = { dialect }
  const outside = new Kysely<unknown>(config)
  return {
    outside,
    within(runWithin) {
      const connection = connectionOf(runWithin)
      const executor = outside
        .getExecutor()
        .withConnectionProvider({ provideConnection: (consumer) => consumer(connection) })
      return new Transaction<unknown>({ config, driver, dialect, executor })
    },
  }
}

class Statements extends DummyDriver {
  readonly #connection: DatabaseConnection
  constructor(run: Run) {
    super()
    this.#connection = connectionOf(run)
  }
  override async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }
  /** Kysely would take its statements for a transaction while each runs on its own. */
  override async beginTransaction(): Promise<void> {
    throw new Error('use store.transaction() or store.begin()')
  }
}

function connectionOf(run: Run): DatabaseConnection {
  return {
    async executeQuery<Row>(query: CompiledQuery) {
      // SQLite would run the first one only, and say nothing.
      if (query.query.kind === 'RawNode' && /;\s*\S/.test(query.sql)) throw new TypeError('one statement at a time')
      return (await run(query)) as QueryResult<Row>
    },
    streamQuery: () => {
      throw new Error('the store does not stream: page with a limit and a key')
    },
  }
}

const rowLocks = new Set(['ForUpdate', 'ForNoKeyUpdate', 'ForShare', 'ForKeyShare', 'NoWait', 'SkipLocked'])

/** Says the portable column types of `column` in SQLite's words. */
class SqliteCompiler extends SqliteQueryCompiler {
  /** STRICT: text in a number column is refused here as PostgreSQL refuses it. */
  protected override visitCreateTable(node: CreateTableNode): void {
    super.visitCreateTable(node)
    this.append(' strict')
  }

  /** STRICT tables know INTEGER only; it holds 64 bits. */
  protected override visitDataType(node: DataTypeNode): void {
    if (node.dataType === 'bigint') this.append('integer')
    else super.visitDataType(node)
  }

  /** A transaction holds the one write lock already: there is nothing left to lock, and nothing to skip. */
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (node.modifier === undefined || !rowLocks.has(node.modifier)) super.visitSelectModifier(node)
  }
}

/** Says the portable column types of `column` in PostgreSQL's words. */
class PostgresCompiler extends PostgresQueryCompiler {
  /**
   * Text columns compare by code point, as in SQLite. It also keeps indexes valid when an upgrade of the C library
   * changes the order of a locale, which silently breaks unique indexes.
   */
  protected override visitDataType(node: DataTypeNode): void {
    if (node.dataType === 'blob') this.append('bytea')
    else super.visitDataType(node)
    if (node.dataType === 'text' && this.parentNode?.kind === 'ColumnDefinitionNode') this.append(' collate "C"')
  }
}
