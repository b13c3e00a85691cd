import { PostgresConnection } from './postgres-connection.ts'
import type { RotatingUrl } from './rotating-url.ts'
import { StoreFault, storeDown } from './store-fault.ts'
import type { PostgresConfig } from './store-section.ts'
import { Turns } from './turns.ts'

/** How old the knowledge may be that a connection's url is still the current one. */
const urlCheckMs = 30_000

export interface PoolOptions {
  readonly config: PostgresConfig
  /** Asked for every new connection, and now and then for one in use: a rotated secret is picked up without restart. */
  readonly url: RotatingUrl
  readonly schema: string
}

/** Up to `max` connections, made when needed and closed when idle. Callers wait their turn, for a bounded time. */
export class PostgresPool {
  readonly #options: PoolOptions
  readonly #turns: Turns
  readonly #transactions: Turns
  readonly #idle = new Map<PostgresConnection, NodeJS.Timeout>()
  readonly #inUse = new Set<PostgresConnection>()
  #closed = false

  constructor(options: PoolOptions) {
    const { max } = options.config.pool
    this.#options = options
    this.#turns = new Turns(max)
    // One place is never a transaction's: callers that hold one and read beside it cannot wait for each other.
    this.#transactions = new Turns(max - 1)
  }

  /** Runs `use` with a connection for one statement. */
  async once<T>(use: (connection: PostgresConnection) => Promise<T>): Promise<T> {
    const { connection, result } = await this.#use(use)
    this.#release(connection)
    return result
  }

  /**
   * A connection on which `start` has begun a transaction, and how to give it back.
   * @throws ToolError `store_down` when none is free or can be made within `connect_timeout_ms`
   */
  async reserve(start: (connection: PostgresConnection) => Promise<unknown>) {
    await this.#enter(this.#transactions)
    try {
      const { connection } = await this.#use(start)
      const release = () => {
        this.#release(connection)
        this.#transactions.leave()
      }
      return { connection, release }
    } catch (error) {
      this.#transactions.leave()
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const connections = [...this.#idle.keys(), ...this.#inUse]
    for (const timer of this.#idle.values()) clearTimeout(timer)
    this.#idle.clear()
    await Promise.all(connections.map((connection) => connection.close()))
  }

  /** After a failover every pooled connection is dead: without another try the first callers would each meet one. */
  async #use<T>(use: (connection: PostgresConnection) => Promise<T>) {
    for (;;) {
      const connection = await this.#acquire()
      try {
        return { connection, result: await use(connection) }
      } catch (error) {
        this.#release(connection)
        if (!connection.wentStale) throw error
      }
    }
  }

  async #acquire(): Promise<PostgresConnection> {
    await this.#enter(this.#turns)
    try {
      const connection = (await this.#takeIdle()) ?? (await this.#connect())
      this.#inUse.add(connection)
      return connection
    } catch (error) {
      this.#turns.leave()
      throw error
    }
  }

  #release(connection: PostgresConnection): void {
    this.#inUse.delete(connection)
    if (connection.usable && this.#closed) void connection.close()
    if (connection.usable) {
      const timer = setTimeout(() => this.#drop(connection), this.#options.config.pool.idle_timeout_ms)
      this.#idle.set(connection, timer.unref())
    }
    this.#turns.leave()
  }

  async #connect(): Promise<PostgresConnection> {
    const { config, schema, url } = this.#options
    return url.use(async (text) => {
      const onEnd = () => this.#drop(connection)
      const connection = await PostgresConnection.open({ config, schema, url: text, onEnd })
      return connection
    })
  }

  /** The most recently used one, so that those which are not needed grow old and are closed. */
  async #takeIdle(): Promise<PostgresConnection | undefined> {
    for (;;) {
      const connection = [...this.#idle.keys()].at(-1)
      if (connection === undefined) return undefined
      clearTimeout(this.#idle.get(connection))
      this.#idle.delete(connection)
      if (connection.usable && (await this.#isCurrent(connection))) return connection
      void connection.close()
    }
  }

  /** A secret that cannot be read now is no reason to give up a connection that works. */
  async #isCurrent(connection: PostgresConnection): Promise<boolean> {
    if (performance.now() - connection.checkedAt < urlCheckMs) return true
    connection.checkedAt = performance.now()
    return this.#options.url.stands(connection.url).catch(() => true)
  }

  #drop(connection: PostgresConnection): void {
    clearTimeout(this.#idle.get(connection))
    if (this.#idle.delete(connection)) void connection.close()
  }

  async #enter(turns: Turns): Promise<void> {
    if (this.#closed) throw new Error('the store is closed')
    const { max, connect_timeout_ms: waitMs } = this.#options.config.pool
    if (await turns.enter(waitMs)) return
    throw storeDown(new StoreFault(`All ${max} connections to PostgreSQL were in use for ${waitMs} ms (store.pool).`))
  }
}
