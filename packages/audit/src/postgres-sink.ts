import { randomUUID } from 'node:crypto'
import type { Kysely, Store } from '@postern/store'
import type { Transaction } from '@postern/tool'
import { auditDown } from './audit-down.ts'
import type { Durability } from './group-commit.ts'
import type { AuditSchema } from './migrations.ts'
import {
  advance,
  type ChainHead,
  chainHead,
  leaseMs,
  type RecordRow,
  releaseChain,
  renewLease,
  takeChain,
} from './postgres-chain.ts'
import { type Entry, line } from './record.ts'
import { late, type Outage, outageDetail, Recovery, type RecoveryOptions } from './recovery.ts'
import { type SignedHead, unsignedFrom } from './signed-head.ts'
import type { AppendOptions, Head, Sink, Taken } from './sink.ts'
import { Watchdog } from './watchdog.ts'

export interface PostgresSinkOptions {
  readonly store: Store
  readonly server: string
  /** What stands in every record. */
  readonly context: Pick<Entry, 'environment' | 'server' | 'policy'>
  /** Where chains were signed last. */
  readonly signed: SignedHead
  /** Longest wait for the database, in milliseconds. */
  readonly deadlineMs?: number
  /** Time between attempts to resume, in milliseconds. */
  readonly repairMs?: number
  readonly onOutage?: RecoveryOptions['onOutage']
}

const deadlineMsDefault = 2_000
/** Records in one statement: four parameters each, of 65,535. */
const batchMax = 500

interface Waiting {
  readonly entry: Entry
  readonly durability: Durability
  readonly time: string
  readonly mono: number
  readonly at: number
  resolve(): void
  reject(error: unknown): void
}

/**
 * Rows of the server's PostgreSQL, one chain of this process. All records of one turn, and all that came while a
 * statement was under way, go out in one statement.
 *
 * @throws ToolError `store_down` when the database cannot be used
 */
export async function openPostgresSink(options: PostgresSinkOptions): Promise<Sink> {
  const holder = randomUUID()
  return new PostgresSink(options, holder, await takeChain(options.store, options.server, holder))
}

class PostgresSink implements Sink {
  readonly joinsTransactions = true
  readonly #options: PostgresSinkOptions
  readonly #holder: string
  readonly #limitMs: number
  readonly #recovery: Recovery
  readonly #watchdog: Watchdog
  readonly #lease: NodeJS.Timeout
  #taken: Taken
  /**
   * Where the chain stands, as far as we know. A guess after a record of ours went out within somebody else's
   * transaction, which may be undone; a wrong one costs two more statements.
   */
  #head: ChainHead | undefined
  /** Records that are being written within transactions of others. */
  #borrowed = 0
  /** The newest record that was acknowledged outside of other transactions. */
  #safe = 0
  #queue: Waiting[] = []
  #flying: Waiting[] = []
  #flush: Promise<void> | undefined
  #closed = false

  constructor(options: PostgresSinkOptions, holder: string, taken: Taken) {
    this.#options = options
    this.#holder = holder
    this.#taken = taken
    this.#recovery = new Recovery({
      repairMs: options.repairMs,
      onOutage: options.onOutage,
      settled: async () => this.#flush,
      resume: (outage) => this.#resume(outage),
    })
    const limitMs = options.deadlineMs ?? deadlineMsDefault
    this.#limitMs = limitMs
    const oldest = () => (this.#flying[0] ?? this.#queue[0])?.at
    this.#watchdog = new Watchdog(limitMs, oldest, () => this.#fail(new Error(`no answer within ${limitMs} ms`)))
    this.#lease = setInterval(() => void this.#renew(), leaseMs / 3).unref()
  }

  get chain(): string {
    return this.#taken.chain
  }

  get taken(): Taken {
    return this.#taken
  }

  problem(): string | undefined {
    if (this.#closed) return 'the audit log is closed'
    const { outage } = this.#recovery
    return outage && `the audit tables: ${outage.reason}`
  }

  admit(): void {
    const problem = this.problem()
    if (problem === undefined) return
    this.#recovery.refuse()
    throw auditDown(problem)
  }

  async append(entry: Entry, durability: Durability, options: AppendOptions = {}): Promise<void> {
    try {
      if (this.problem() !== undefined) throw new Error('the sink takes no records')
      if (options.transaction) await this.#within(options.transaction, entry)
      else await this.#enqueue(entry, durability)
    } catch (error) {
      this.#recovery.refuse(entry, options)
      throw auditDown(this.problem() ?? 'the record was not written', error)
    }
  }

  async heads(): Promise<Head[]> {
    const rows = await this.#options.store
      .query<AuditSchema>()
      .selectFrom('postern_audit_chain')
      .select(['chain', 'seq', 'hash'])
      .where('seq', '>', 0)
      .orderBy('slot')
      .execute()
    // Reads are committed asynchronously. A durable commit behind them takes them to the disk as well.
    await renewLease(this.#options.store, this.chain, this.#holder)
    return rows.map(({ chain, seq, hash }) => ({ chain, seq, hash }))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#lease)
    this.#recovery.stop()
    if (this.#recovery.outage === undefined) await this.#flush
    this.#watchdog.stop()
    await releaseChain(this.#options.store, this.chain, this.#holder).catch(() => {})
  }

  #enqueue(entry: Entry, durability: Durability): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, durability, ...stamp(), resolve, reject })
      this.#watchdog.watch()
      this.#flush ??= new Promise((done) => setImmediate(() => done(this.#flushAll())))
    })
  }

  /**
   * The record becomes part of somebody else's transaction and shares its fate. The chain stays locked until that ends,
   * so that nothing can be chained to a record that may still be undone.
   */
  async #within(transaction: Transaction, entry: Entry): Promise<void> {
    const db = this.#options.store.within<AuditSchema>(transaction)
    const batch = [{ entry, ...stamp() }]
    // Where several are on their way at once only one can know the head.
    const from = this.#borrowed === 0 ? this.#head : undefined
    this.#borrowed += 1
    try {
      const to = from && (await this.#advance(db, from, batch, 'own'))
      this.#head = to ?? (await this.#advanceLocked(db, batch, 'own'))
    } catch (error) {
      this.#head = undefined
      if (error instanceof ChainLost) this.#fail(error)
      throw error
    } finally {
      this.#borrowed -= 1
    }
  }

  async #flushAll(): Promise<void> {
    try {
      while (this.#queue.length > 0 && this.#recovery.outage === undefined) await this.#flushBatch()
    } catch (error) {
      this.#fail(error as Error)
    } finally {
      this.#flush = undefined
    }
  }

  async #flushBatch(): Promise<void> {
    const batch = this.#queue.splice(0, batchMax)
    this.#flying = batch
    const durable = batch.some(({ durability }) => durability === 'durable')
    const { seq } = await this.#write(batch, durable ? 'durable' : 'asynchronous')
    if (this.#recovery.outage) return
    this.#safe = seq
    this.#flying = []
    for (const waiting of batch) waiting.resolve()
  }

  /** In one statement where the head is known; otherwise, and when it was moved meanwhile, under the chain's lock. */
  async #write(batch: readonly Stamped[], durability: 'durable' | 'asynchronous'): Promise<ChainHead> {
    const { store } = this.#options
    // While a record of ours is under way in somebody else's transaction, the head that we know is that before it.
    const from = this.#borrowed === 0 ? this.#head : undefined
    const to =
      (from && (await this.#advance(store.query(), from, batch, durability))) ??
      (await store.transaction((own) => this.#advanceLocked(store.within(own), batch, durability)))
    this.#head = to
    return to
  }

  async #advanceLocked(db: Kysely<AuditSchema>, batch: readonly Stamped[], durability: Commit): Promise<ChainHead> {
    const from = await chainHead(db, this.chain, this.#holder, this.#limitMs)
    if (from === undefined) throw new ChainLost()
    const to = await this.#advance(db, from, batch, durability)
    if (to === undefined) throw new Error('the chain moved under its lock')
    return to
  }

  async #advance(
    db: Kysely<AuditSchema>,
    from: ChainHead,
    batch: readonly Stamped[],
    durability: Commit,
  ): Promise<ChainHead | undefined> {
    const made = this.#made(batch, from)
    const chain = { name: this.chain, holder: this.#holder, from, to: made.to }
    return (await advance(db, this.#options.store.now, chain, made.rows, durability, this.#limitMs))
      ? made.to
      : undefined
  }

  #made(batch: readonly Stamped[], from: ChainHead): { rows: RecordRow[]; to: ChainHead } {
    let { seq, hash } = from
    const rows = batch.map(({ entry, time, mono }) => {
      const link = { chain: this.chain, seq: seq + 1, prev: hash }
      const made = line({ ...this.#options.context, ...entry }, link, time, mono)
      seq = link.seq
      hash = made.hash
      return { seq, at: Date.parse(time), line: made.text }
    })
    return { rows, to: { seq, hash } }
  }

  #fail(error: Error): void {
    this.#watchdog.stop()
    const waiting = [...this.#flying, ...this.#queue]
    this.#flying = []
    this.#queue = []
    for (const { reject } of waiting) reject(error)
    this.#recovery.begin(error)
  }

  async #resume(outage: Outage): Promise<void> {
    const { store, server } = this.#options
    const left = { chain: this.chain, seq: this.#safe }
    this.#head = undefined
    const head = await chainHead(store.query(), left.chain, this.#holder)
    if (head === undefined) this.#taken = await takeChain(store, server, this.#holder)
    const detail = {
      ...outageDetail(outage),
      ...(head !== undefined && head.seq > left.seq && { unanswered_from: left.seq + 1, unanswered_to: head.seq }),
      ...(head !== undefined && head.seq < left.seq && { lost_from: head.seq + 1, lost_to: left.seq }),
      ...(head === undefined && { left_chain: left.chain, left_at: left.seq }),
      ...(head === undefined && (await unsignedFrom(this.#options.signed, this.#taken, false))),
    }
    const owed = [...this.#recovery.owed]
    const entries: Entry[] = [{ phase: 'resumed', detail }, ...owed.map(late)]
    const { seq } = await this.#write(
      entries.map((entry) => ({ entry, ...stamp() })),
      'durable',
    )
    this.#safe = seq
    this.#recovery.owed.splice(0, owed.length)
  }

  async #renew(): Promise<void> {
    if (this.#recovery.outage) return
    try {
      if (await renewLease(this.#options.store, this.chain, this.#holder)) return
    } catch {
      // A database that is down shows when something is to be recorded.
      return
    }
    this.#fail(new ChainLost())
  }
}

type Commit = Parameters<typeof advance>[4]

class ChainLost extends Error {
  constructor() {
    super('another process has taken the chain over')
  }
}

interface Stamped {
  readonly entry: Entry
  readonly time: string
  readonly mono: number
}

/** When it happened, not when it was written. */
function stamp(): { time: string; mono: number; at: number } {
  const at = performance.now()
  return { time: new Date().toISOString(), mono: Math.round(at * 1000), at }
}
