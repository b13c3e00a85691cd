import type { Transaction } from '@postern/tool'
import type { Kysely, RawBuilder } from 'kysely'
import { clock } from './column.ts'
import { builders } from './dialect.ts'
import type { BeginOptions, Engine, EngineName } from './engine.ts'
import { secrets } from './secrets.ts'

/**
 * The SQL of one server, on either engine.
 *
 * Guarantees, the same on both engines:
 * - What a resolved write, `transaction` or `commit` did is on disk and survives `kill -9`.
 * - Transactions see what was committed when each of their statements starts (read committed). Only ask for that;
 *   SQLite gives more. After a failed statement a transaction can only be rolled back.
 * - Statements of `query()` see committed data only, never that of an open transaction. On SQLite reads run on a
 *   connection of their own and go on while a transaction is open; writes queue behind it.
 * - Whoever holds an open transaction must not write through `query()`: on SQLite that waits for itself until the
 *   lock wait ends.
 *
 * Errors are ToolErrors: UPSTREAM_UNAVAILABLE `store_down` (nothing changed), `outcome_unknown` (lost while
 * committing), UPSTREAM_TIMEOUT `not_executed`, VALIDATION_ERROR `result_too_large`. `isLockTimeout` and
 * `isUniqueViolation` tell the two cases apart that callers decide about. Anything else is a bug in a statement.
 */
export interface Store {
  readonly engine: EngineName
  /** Builds statements that run on their own. */
  query<Schema>(): Kysely<Schema>
  /**
   * Builds statements that run in `transaction`.
   * @throws TypeError for a transaction of another store
   */
  within<Schema>(transaction: Transaction): Kysely<Schema>
  /** Runs `run` in a transaction: committed when it resolves, rolled back when it throws. */
  transaction<T>(run: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  /**
   * Opens a transaction that stays open across calls; whoever opens it ends it. An open one holds SQLite's write lock,
   * or one of PostgreSQL's pooled connections, and is rolled back when nothing happens in it for a minute.
   */
  begin(options?: TransactionOptions): Promise<OpenTransaction>
  /** Milliseconds since the epoch by the database's clock, at the moment the expression runs. */
  readonly now: RawBuilder<number>
  /**
   * A random secret under this name, created on first use and the same for all processes of this store.
   * @throws Error when it exists with another length
   */
  secret(name: string, bytes: number): Promise<Buffer>
  /** Resolves when the store answers; rejects with `store_down`, or with the signal's reason. */
  ping(signal?: AbortSignal): Promise<void>
  /** Ends all connections. Open transactions are rolled back. */
  close(): Promise<void>
}

export interface TransactionOptions {
  /** How long to wait for locks, in milliseconds; default 5,000 or the environment file's `lock_timeout_ms`. */
  readonly lockWaitMs?: number
  /**
   * False: a crash of the database may take the changes, unless a durable commit of anybody has followed, which takes
   * them to the disk with it. An engine may make them durable all the same.
   */
  readonly durable?: boolean
}

export interface OpenTransaction {
  readonly transaction: Transaction
  /** Resolves when the changes are on disk, or made where they need not be. When it rejects the transaction has ended. */
  commit(): Promise<void>
  /** Undoes everything. Safe to call again and after a failed commit; never rejects. */
  rollback(): Promise<void>
}

/** The store over an engine; `patient` transactions are for migrations. */
export interface EngineStore extends Store {
  begin(options?: BeginOptions): Promise<OpenTransaction>
}

export function createStore(engine: Engine): EngineStore {
  const build = builders(engine.name, (query) => engine.run(query))
  const open = new WeakMap<Transaction, Kysely<unknown>>()

  const within = <Schema>(transaction: Transaction): Kysely<Schema> => {
    const db = open.get(transaction)
    if (db === undefined) throw new TypeError('this transaction belongs to another store')
    return db as Kysely<Schema>
  }

  const begin = async (options: BeginOptions = {}): Promise<OpenTransaction> => {
    const inner = await engine.begin(options)
    let state: 'open' | 'failed' | 'ended' = 'open'
    const db = build.within(async (query) => {
      if (state === 'ended') throw new Error('this transaction has ended')
      if (state === 'failed') throw new Error('a statement of this transaction failed; it can only be rolled back')
      try {
        options.inspect?.(query.sql)
        return await inner.run(query)
      } catch (error) {
        // PostgreSQL aborts the transaction here. SQLite would go on, and code would come to depend on it.
        state = 'failed'
        throw error
      }
    })
    const rollback = async () => {
      if (state === 'ended') return
      state = 'ended'
      await inner.rollback()
    }
    const transaction = {} as Transaction
    open.set(transaction, db)
    return {
      transaction,
      rollback,
      async commit() {
        if (state === 'failed') {
          await rollback()
          throw new Error('a statement of this transaction failed; it was rolled back')
        }
        if (state === 'ended') throw new Error('this transaction has ended')
        state = 'ended'
        await inner.commit()
      },
    }
  }

  const store: EngineStore = {
    engine: engine.name,
    query: <Schema>() => build.outside as Kysely<Schema>,
    within,
    begin,
    async transaction(run, options) {
      const { transaction, commit, rollback } = await begin(options)
      try {
        const result = await run(transaction)
        await commit()
        return result
      } catch (error) {
        await rollback()
        throw error
      }
    },
    now: clock[engine.name](),
    secret: (name, bytes) => secret(name, bytes),
    ping: (signal) => until(signal, () => engine.ping()),
    close: () => engine.close(),
  }
  const secret = secrets(store)
  return store
}

async function until(signal: AbortSignal | undefined, run: () => Promise<void>): Promise<void> {
  if (signal === undefined) return run()
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([run(), aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
