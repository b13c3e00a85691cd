import { closeSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { CompiledQuery, QueryResult } from 'kysely'
import type { BeginOptions, Engine, EngineTransaction } from './engine.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { isBusy, isReadOnly, lockTimeout, sqliteError } from './sqlite-errors.ts'
import { StoreFault, storeDown, storeLocked } from './store-fault.ts'
import { Turns } from './turns.ts'

const lockWaitMsDefault = 5_000
const idleTransactionMsMax = 60_000

/** Engines of this process by the real path of their file: one writer per file, however often it is opened. */
const opened = new Map<string, { engine: SqliteEngine; users: number }>()

/**
 * The embedded engine: one file, safe for several processes, every commit on disk before it is acknowledged.
 *
 * Opening a file again in one process shares its connections. Directories are made with mode 0700, the file with 0600;
 * SQLite gives its companions the mode of the file.
 *
 * @throws ToolError whose cause is a StoreFault: not writable, not a database, damaged, locked.
 */
export async function openSqlite(file: string): Promise<Engine> {
  const path = createFile(file)
  let entry = opened.get(path)
  if (entry === undefined) {
    const engine = new SqliteEngine(path)
    entry = { engine, users: 0 }
    opened.set(path, entry)
  }
  entry.users += 1
  const { engine } = entry
  try {
    await engine.ready
  } catch (error) {
    leave(path, entry)
    throw error
  }
  let closed = false
  return {
    name: 'sqlite',
    run: (query) => engine.run(query),
    begin: (options) => engine.begin(options),
    ping: async () => engine.ping(),
    async close() {
      if (!closed) leave(path, entry)
      closed = true
    },
  }
}

function leave(path: string, entry: { engine: SqliteEngine; users: number }): void {
  entry.users -= 1
  if (entry.users > 0) return
  opened.delete(path)
  entry.engine.close()
}

function createFile(file: string): string {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    closeSync(openSync(file, 'a', 0o600))
    return realpathSync(file)
  } catch (error) {
    throw storeDown(
      new StoreFault(
        `${file} cannot be created or written. Check the owner and mode of its directory, or set POSTERN_DATA to ` +
          'another one.',
        { cause: error },
      ),
    )
  }
}

/**
 * One connection writes, one that can only read serves the statements outside of transactions: in WAL mode it reads the
 * last committed state while a transaction is open, and never waits for it.
 */
class SqliteEngine {
  readonly ready: Promise<void>
  readonly #file: string
  readonly #writers = new Turns(1)
  #connections: { readonly writer: SqliteConnection; readonly reader: SqliteConnection } | undefined
  #inode: number | undefined
  #closed = false

  constructor(file: string) {
    this.#file = file
    this.ready = this.#open()
    // Whoever opened the engine awaits it; a second opener may come later than the failure.
    this.ready.catch(() => undefined)
  }

  async run(query: CompiledQuery): Promise<QueryResult<unknown>> {
    const { writer } = this.#use()
    const read = this.#read(query)
    if (read !== undefined) return read
    await this.#lockFor(lockWaitMsDefault)
    try {
      return await this.#patiently(lockWaitMsDefault, () => writer.run(query))
    } catch (error) {
      throw sqliteError(error, this.#file, true)
    } finally {
      this.#writers.leave()
    }
  }

  async begin({ lockWaitMs = lockWaitMsDefault }: BeginOptions): Promise<EngineTransaction> {
    const { writer } = this.#use()
    const started = performance.now()
    await this.#lockFor(lockWaitMs)
    try {
      // Not deferred: a transaction that reads first and writes later is refused when another process wrote meanwhile.
      await this.#patiently(lockWaitMs - (performance.now() - started), () => writer.exec('begin immediate'))
    } catch (error) {
      this.#writers.leave()
      throw sqliteError(error, this.#file)
    }
    return this.#transaction(writer)
  }

  ping(): void {
    try {
      this.#use().reader.value('select count(*) from sqlite_master')
    } catch (error) {
      throw sqliteError(error, this.#file)
    }
    // The connections would go on with a file that no restart finds again.
    if (statSync(this.#file, { throwIfNoEntry: false })?.ino !== this.#inode)
      throw storeDown(new StoreFault(`${this.#file} was moved or replaced while in use. Put it back, or restart.`))
  }

  close(): void {
    this.#closed = true
    this.#connections?.reader.close()
    this.#connections?.writer.close()
    this.#connections = undefined
  }

  #transaction(writer: SqliteConnection): EngineTransaction {
    let ended = false
    const end = (statement: 'commit' | 'rollback') => {
      if (ended) return
      ended = true
      clearTimeout(idle)
      try {
        if (statement === 'commit') writer.exec('commit')
      } catch (error) {
        throw sqliteError(error, this.#file, true)
      } finally {
        // A full disk has rolled back already.
        if (!this.#closed && writer.inTransaction) writer.exec('rollback')
        this.#writers.leave()
      }
    }
    // A forgotten transaction would lock out every other writer for good.
    const idle = setTimeout(() => end('rollback'), idleTransactionMsMax).unref()
    return {
      run: async (query) => {
        if (ended) throw new Error('this transaction was rolled back because nothing happened in it for a minute')
        idle.refresh()
        try {
          return writer.run(query)
        } catch (error) {
          throw sqliteError(error, this.#file)
        }
      },
      commit: async () => {
        if (ended) throw new Error('this transaction was rolled back because nothing happened in it for a minute')
        end('commit')
      },
      rollback: async () => end('rollback'),
    }
  }

  /** Undefined for a statement that only the writer may run. */
  #read(query: CompiledQuery): QueryResult<unknown> | undefined {
    const { reader } = this.#use()
    const { kind } = query.query
    if (kind !== 'SelectQueryNode' && kind !== 'RawNode') return undefined
    try {
      return reader.run(query)
    } catch (error) {
      // Only SQLite knows whether raw text reads or writes. What this connection refuses, it has not begun.
      if (kind === 'RawNode' && isReadOnly(error)) return undefined
      throw sqliteError(error, this.#file)
    }
  }

  #use() {
    if (this.#connections === undefined) throw new Error('the store is closed')
    return this.#connections
  }

  async #lockFor(waitMs: number): Promise<void> {
    if (!(await this.#writers.enter(waitMs))) throw storeLocked(lockTimeout(this.#file))
  }

  /**
   * Repeats what another process's lock refused. SQLite could wait by itself, but it blocks this process meanwhile,
   * reads and pings of all callers included.
   */
  async #patiently<T>(waitMs: number, run: () => T): Promise<T> {
    const deadline = performance.now() + waitMs
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 16)) {
      try {
        return run()
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw error
      }
      await delay(pauseMs * (0.5 + Math.random()))
    }
  }

  async #open(): Promise<void> {
    const close: SqliteConnection[] = []
    try {
      const writer = await this.#patiently(lockWaitMsDefault, () => openWriter(this.#file))
      close.push(writer)
      const reader = new SqliteConnection(this.#file, { readOnly: true, busyWaitMs: lockWaitMsDefault })
      close.push(reader)
      reader.value('select count(*) from sqlite_master')
      this.#inode = statSync(this.#file).ino
      this.#connections = { writer, reader }
    } catch (error) {
      for (const connection of close) connection.close()
      throw sqliteError(error, this.#file)
    }
  }
}

function openWriter(file: string): SqliteConnection {
  const writer = new SqliteConnection(file, { readOnly: false, busyWaitMs: lockWaitMsDefault })
  try {
    const mode = writer.value('pragma journal_mode = WAL')
    if (mode !== 'wal')
      throw storeDown(
        new StoreFault(
          `${file} lies on a file system that several processes cannot share safely (journal mode ${mode}). ` +
            'Set POSTERN_DATA to a local disk.',
        ),
      )
    writer.exec('pragma synchronous = FULL; pragma foreign_keys = on; pragma busy_timeout = 0')
    return writer
  } catch (error) {
    writer.close()
    throw error
  }
}
