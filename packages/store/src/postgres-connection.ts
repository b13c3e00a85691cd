import type { Socket } from 'node:net'
import { ToolError } from '@postern/errors'
import type { CompiledQuery, QueryResult } from 'kysely'
import { Client } from 'pg'
import { portable } from './engine.ts'
import { parseAddress, tlsOptions } from './postgres-address.ts'
import { ConnectionGivenUp, endsConnection, postgresError } from './postgres-errors.ts'
import { postgresTypes } from './postgres-types.ts'
import { StoreFault, storeDown } from './store-fault.ts'
import type { PostgresConfig } from './store-section.ts'

export interface ConnectOptions {
  readonly config: PostgresConfig
  readonly url: string
  readonly schema: string
  /** Called once, when the connection can no longer be used. */
  readonly onEnd: () => void
}

export interface RunOptions {
  /** What the statement does cannot be undone: whoever loses its answer does not know whether it happened. */
  readonly final: boolean
  /** No limit on how long it runs. */
  readonly patient?: boolean
}

/** Given on top of `statement_timeout`, so that the server's own, clearer refusal comes first. */
const graceMs = 1_000

/** One connection to PostgreSQL. `run` throws what may leave the store; a connection that is not `usable` is closed. */
export class PostgresConnection {
  readonly url: string
  usable = true
  /** It worked before and broke under a statement that certainly changed nothing: another connection may do better. */
  wentStale = false
  /** When the url was last compared with the secret, by `performance.now()`. */
  checkedAt = performance.now()
  readonly #client: Client
  readonly #stream: Socket
  readonly #place: string
  readonly #config: PostgresConfig
  #received = 0
  #answered = 0
  #gaveUp = false

  private constructor(client: Client, stream: Socket, place: string, options: ConnectOptions) {
    this.url = options.url
    this.#client = client
    this.#stream = stream
    this.#place = place
    this.#config = options.config
    const end = () => {
      if (!this.usable) return
      this.usable = false
      options.onEnd()
    }
    client.on('end', end)
    client.on('error', end)
    stream.prependListener('data', (chunk: Buffer) => this.#count(chunk.length))
  }

  /** @throws ToolError `store_down` whose cause names host and database, never the password */
  static async open(options: ConnectOptions): Promise<PostgresConnection> {
    const { config, schema } = options
    const { host, port, user, password, database } = parseAddress(options.url)
    const place = `${host}:${port}/${database}`
    const client = new Client({
      host,
      port,
      user,
      password,
      database,
      ssl: await tlsOptions(config.tls),
      application_name: `postern ${schema}`,
      connectionTimeoutMillis: config.pool.connect_timeout_ms,
      statement_timeout: config.pool.statement_timeout_ms,
      lock_timeout: config.pool.lock_timeout_ms,
      idle_in_transaction_session_timeout: config.pool.idle_transaction_timeout_ms,
      options: `-c search_path=${schema}`,
      keepAlive: true,
      types: postgresTypes,
    })
    // A client without a listener ends the process when its connection breaks.
    client.on('error', ignore)
    try {
      await client.connect()
      return new PostgresConnection(client, streamOf(client), place, options)
    } catch (error) {
      streamOf(client).destroy()
      throw postgresError(error, { place, final: false, resultBytesMax: 0 })
    }
  }

  async run(query: Pick<CompiledQuery, 'sql' | 'parameters'>, options: RunOptions): Promise<QueryResult<unknown>> {
    if (!this.usable)
      throw this.#lost(storeDown(new StoreFault(`The connection to PostgreSQL at ${this.#place} was lost.`)))
    this.#received = 0
    const timer = options.patient ? undefined : setTimeout(() => this.#giveUp('no_answer'), this.#answerMsMax)
    try {
      const parameters = portable(query.parameters)
      const { rows, rowCount, command } = await this.#client.query<Record<string, unknown>>(query.sql, parameters)
      this.#answered += 1
      return writes.has(command) ? { rows, numAffectedRows: BigInt(rowCount ?? 0) } : { rows }
    } catch (error) {
      if (endsConnection(error)) void this.close()
      const { result_bytes_max: resultBytesMax } = this.#config.pool
      throw this.#lost(postgresError(error, { place: this.#place, final: options.final, resultBytesMax }))
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends the connection; the server rolls back what was open. Resolves when it is closed, within a second. */
  async close(): Promise<void> {
    this.usable = false
    // An orderly goodbye needs a peer that answers.
    const timer = setTimeout(() => this.#stream.destroy(), graceMs)
    await this.#client.end().catch(ignore)
    clearTimeout(timer)
  }

  #lost(error: unknown): unknown {
    const nothingChanged = error instanceof ToolError && error.reason === 'store_down'
    this.wentStale = nothingChanged && !this.usable && this.#answered > 0 && !this.#gaveUp
    return error
  }

  get #answerMsMax(): number {
    return this.#config.pool.statement_timeout_ms + graceMs
  }

  /**
   * `pg` has no limit on what it collects: one text cell beyond V8's longest string is thrown from the socket's handler,
   * where no caller can catch it, and ends the process.
   */
  #count(bytes: number): void {
    this.#received += bytes
    if (this.#received > this.#config.pool.result_bytes_max) this.#giveUp('result_too_large')
  }

  #giveUp(why: ConnectionGivenUp['why']): void {
    this.#gaveUp = true
    this.#stream.destroy(new ConnectionGivenUp(why))
  }
}

const writes = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])
const ignore = () => undefined

/** Not part of the driver's documented face; a driver without it must not be used without a cap. */
function streamOf(client: Client): Socket {
  const { stream } = (client as unknown as { connection: { stream?: Socket } }).connection
  if (stream === undefined || typeof stream.prependListener !== 'function')
    throw storeDown(new StoreFault('This version of the PostgreSQL driver hides its socket; use the pinned version.'))
  return stream
}
