import type { Store } from '@postern/store'
import type { Intent, Transaction } from '@postern/tool'
import { auditDirectory } from './audit-directory.ts'
import { auditDown } from './audit-down.ts'
import { AuditFault } from './audit-fault.ts'
import { type AuditSection, sinksOf } from './audit-section.ts'
import { checkpointDirectory } from './checkpoint-directory.ts'
import { Checkpointer, type CheckpointPlace } from './checkpointer.ts'
import { durabilityOf } from './durability-of.ts'
import type { FileSinkOptions } from './file-sink.ts'
import type { Durability } from './group-commit.ts'
import type { KeyRing } from './hmac-keys.ts'
import { inTime } from './in-time.ts'
import type { OutcomesOf } from './left-outcomes.ts'
import { auditKeys } from './open-trails.ts'
import { OpenWrites } from './open-writes.ts'
import { fileChain, type OwnChain, postgresChain } from './own-chain.ts'
import type { PostgresSinkOptions } from './postgres-sink.ts'
import type { Detail, Entry, Phase, Sealed } from './record.ts'
import { signedIn, signingKey } from './signing.ts'
import type { AppendOptions, Sink } from './sink.ts'
import { Tending } from './tending.ts'

/** The trail of one process. */
export interface AuditLog {
  /** The chains this process writes to, one per sink. */
  readonly chains: readonly string[]
  /** Id of the key of `seal`. */
  readonly keyId: string
  /** What a record may hold of a text: its size and keyed hash. */
  seal(text: string): Sealed
  /**
   * To be asked before a call is begun: what cannot be recorded does not happen.
   * @throws ToolError UPSTREAM_UNAVAILABLE `audit_down` while a sink is down
   */
  admit(): void
  /**
   * Records one entry in every sink. Resolves when it is as safe as asked for.
   * @throws ToolError UPSTREAM_UNAVAILABLE `audit_down`, at the latest after two seconds
   */
  append(entry: Entry, durability: Durability, options?: AppendOptions): Promise<void>
  /**
   * Records the intent of a write. What shares the transaction is written when it resolves; the rest is safe when
   * `durable` resolves.
   * @throws ToolError UPSTREAM_UNAVAILABLE `audit_down`, as `durable` may
   */
  intend(entry: Omit<Entry, 'phase'>, transaction?: Transaction): Promise<Intent>
  /**
   * Records what is not a call: an authentication failure, a loaded configuration, an approval, a recovered write.
   * `fields` hold ids and our own words, never text of a caller or an upstream.
   * @throws ToolError UPSTREAM_UNAVAILABLE `audit_down`
   */
  event(phase: Phase, fields?: Omit<Entry, 'phase'>, transaction?: Transaction): Promise<void>
  /**
   * Signs what is recorded so far.
   * @throws Error with a sentence for the operator when a place takes no checkpoint
   */
  sign(): Promise<void>
  /** Why nothing can be recorded now, for readiness and logs; undefined while all is well. */
  problem(): string | undefined
  /** Records the stop, writes a last checkpoint and gives the chains up. Never rejects. */
  close(): Promise<void>
}

export interface AuditLogOptions {
  readonly section: AuditSection
  readonly environment: string
  readonly server: string
  /** Names the policy in force: a digest of the environment file. */
  readonly policy: string
  readonly dataDirectory: string
  /** The server's store, for the sink `postgres`. */
  readonly store?: Store
  /**
   * What became of writes whose processes are gone; their outcomes are recorded then. Without it they stay open until a
   * process comes that has it.
   */
  readonly outcomesOf?: OutcomesOf
  /** Told when nothing can be recorded, and so nothing is answered; with undefined when it can again. */
  readonly onOutage?: (reason: string | undefined) => void
  /** Told at the start of chains that were free and are not continued, because their end is not what was left there. */
  readonly onDamaged?: (chains: readonly string[]) => void
  /** Told what other processes left open and could not be closed now. */
  readonly report?: (error: unknown) => void
  /** Told when checkpoints cannot be written, and with undefined when they can again. Calls go on meanwhile. */
  readonly onProblem?: (problem: string | undefined) => void
  /** For tests: a disk that fails, shorter times. */
  readonly file?: Partial<Pick<FileSinkOptions, 'disk' | 'deadlineMs' | 'repairMs' | 'segmentBytesMax'>>
  readonly postgres?: Partial<Pick<PostgresSinkOptions, 'deadlineMs' | 'repairMs'>>
  readonly heartbeatMs?: number | undefined
}

const heartbeatMsDefault = 60_000
/** How long a stop waits for what runs beside the calls. */
const closingMsMax = 2_000

/**
 * Opens the trail of this process: takes a chain in every sink, goes on where its last holder ended, and records the
 * start.
 *
 * @throws Error with a sentence for the operator when a sink, a key or a directory cannot be used
 */
export async function openAudit(options: AuditLogOptions): Promise<AuditLog> {
  const { section, environment, server, onOutage } = options
  const directory = auditDirectory(section, options)
  const context = { environment, server, policy: options.policy }
  const kinds = sinksOf(section)
  if (options.store?.engine !== 'postgres') {
    const fix = 'but the store of this server is not: set store.kind to postgres, or'
    if (kinds.has('postgres')) throw new AuditFault(`audit.sink is postgres, ${fix} audit.sink to file.`)
    if (section.checkpoints.copy_to === 'postgres')
      throw new AuditFault(`audit.checkpoints.copy_to is postgres, ${fix} name a directory.`)
  }

  const readKeys = () => auditKeys(options)
  const keys = await readKeys()
  const signing = await signingKey(options, directory)
  const signed = (sink: 'file' | 'postgres') => signedIn(options, sink, directory, signing)
  const chains: OwnChain[] = []
  const parts = { server, context, onOutage }
  if (kinds.has('file'))
    chains.push(await fileChain(environment, { ...parts, directory, signed: signed('file'), ...options.file }))
  if (kinds.has('postgres') && options.store) {
    const { store } = options
    chains.push(await postgresChain(environment, { ...parts, store, signed: signed('postgres'), ...options.postgres }))
  }

  const checkpointers: Checkpointer[] = []
  for (const { sink, trail } of chains)
    checkpointers.push(
      new Checkpointer({
        sink,
        environment,
        server,
        kind: trail.sink,
        key: signing,
        every: section.checkpoints.every,
        seconds: section.checkpoints.seconds,
        places: await placesOf(options, sink, trail.sink === 'file' ? directory : undefined),
        onProblem: options.onProblem ?? (() => {}),
      }),
    )
  const log = new Log(chains, checkpointers, options, keys, readKeys)
  try {
    await log.start()
  } catch (error) {
    // Nothing of ours stands in the chains, so nothing of them is ours to sign.
    for (const checkpointer of checkpointers) checkpointer.stop()
    for (const { sink } of chains) await sink.close()
    throw error
  }
  return log
}

/** The first place lies beside the records, the second is `copy_to`. */
async function placesOf(
  options: AuditLogOptions,
  sink: Sink,
  directory: string | undefined,
): Promise<CheckpointPlace[]> {
  const { section, store } = options
  const places: CheckpointPlace[] = []
  const copy = section.checkpoints.copy_to
  const writer = () => sink.chain
  if (directory !== undefined) places.push(checkpointDirectory(`${directory}/checkpoints`, writer))
  if ((directory === undefined || copy === 'postgres') && store !== undefined) {
    const { checkpointTable } = await import('./checkpoint-table.ts')
    places.push(checkpointTable(store, writer))
  }
  if (copy !== undefined && copy !== 'postgres') places.push(checkpointDirectory(copy, writer))
  return places
}

class Log implements AuditLog {
  readonly #own: readonly OwnChain[]
  readonly #sinks: readonly Sink[]
  readonly #checkpointers: readonly Checkpointer[]
  readonly #tending: readonly Tending[]
  readonly #report: (error: unknown) => void
  readonly #onDamaged: (chains: readonly string[]) => void
  readonly #heartbeatMs: number
  #heartbeat: NodeJS.Timeout | undefined
  readonly #readKeys: () => Promise<KeyRing>
  readonly #open = new OpenWrites()
  readonly #closing = new AbortController()
  #aside: Promise<void> | undefined
  #keys: KeyRing
  #last = performance.now()
  #closed = false

  constructor(
    own: readonly OwnChain[],
    checkpointers: readonly Checkpointer[],
    options: AuditLogOptions,
    keys: KeyRing,
    readKeys: () => Promise<KeyRing>,
  ) {
    this.#own = own
    this.#sinks = own.map(({ sink }) => sink)
    this.#checkpointers = checkpointers
    this.#report = options.report ?? (() => {})
    this.#onDamaged = options.onDamaged ?? (() => {})
    this.#tending = own.map(
      (chain, n) =>
        new Tending({
          own: chain,
          outcomesOf: options.outcomesOf,
          onFinished: () => checkpointers[n]?.moved(),
          report: this.#report,
        }),
    )
    this.#keys = keys
    this.#readKeys = readKeys
    this.#heartbeatMs = options.heartbeatMs ?? heartbeatMsDefault
  }

  get chains(): readonly string[] {
    return this.#sinks.map((sink) => sink.chain)
  }

  get keyId(): string {
    return this.#keys.current.id
  }

  seal(text: string): Sealed {
    return { bytes: Buffer.byteLength(text), hmac: this.#keys.current.of(text) }
  }

  admit(): void {
    if (this.#closed) throw auditDown('the audit log is closed')
    for (const sink of this.#sinks) sink.admit()
  }

  async intend(fields: Omit<Entry, 'phase'>, transaction?: Transaction): Promise<Intent> {
    const entry: Entry = { ...fields, phase: 'intent' }
    const joins = (sink: Sink) => transaction !== undefined && sink.joinsTransactions
    const [within, apart] = [this.#sinks.filter(joins), this.#sinks.filter((sink) => !joins(sink))]
    const durable = apart.length === 0 ? Promise.resolve() : this.#append(entry, 'durable', undefined, apart)
    // Whoever waits for it hears of it; who fails before that does not.
    durable.catch(() => {})
    if (within.length > 0) await this.#append(entry, 'durable', transaction && { transaction }, within)
    return { durable }
  }

  append(entry: Entry, durability: Durability, options?: AppendOptions): Promise<void> {
    return this.#append(entry, durability, options, this.#sinks)
  }

  #append(
    entry: Entry,
    durability: Durability,
    options: AppendOptions | undefined,
    sinks: readonly Sink[],
  ): Promise<void> {
    // What came after the stop record would look as if somebody else had written it.
    if (this.#closed) return Promise.reject(auditDown('the audit log is closed'))
    const late = performance.now() - this.#last > this.#heartbeatMs * 2 && entry.phase !== 'start'
    const first = late ? [this.#pulse()] : []
    this.#last = performance.now()
    this.#open.begins(entry)
    const appended = this.#each(entry, durability, options, sinks).finally(() => this.#open.ends(entry))
    return Promise.all([...first, appended]).then(() => {})
  }

  event(phase: Phase, fields: Omit<Entry, 'phase'> = {}, transaction?: Transaction): Promise<void> {
    return this.append({ ...fields, phase }, durabilityOf(phase), transaction && { transaction })
  }

  async sign(): Promise<void> {
    for (const checkpointer of this.#checkpointers) {
      const problem = await checkpointer.write()
      if (problem !== undefined) throw new AuditFault(`it could not be signed: ${problem}`)
    }
  }

  problem(): string | undefined {
    if (this.#closed) return 'the audit log is closed'
    for (const sink of this.#sinks) {
      const problem = sink.problem()
      if (problem !== undefined) return problem
    }
    return undefined
  }

  async close(): Promise<void> {
    if (this.#closed) return
    clearInterval(this.#heartbeat)
    const stop = this.event('stop', { detail: this.#mark() })
    this.#closed = true
    this.#closing.abort()
    await stop.catch(() => {})
    // A disk that hangs must not hold the end of the process.
    await inTime(Promise.resolve(this.#aside), closingMsMax).catch(() => {})
    for (const checkpointer of this.#checkpointers) await checkpointer.close()
    for (const sink of this.#sinks) await sink.close()
  }

  async start(): Promise<void> {
    for (const [n, { sink }] of this.#own.entries()) {
      const takenUp = await this.#tending[n]?.begin()
      if (takenUp) await sink.append(takenUp, 'durable')
    }
    const damaged = this.#own.flatMap((chain) => chain.damaged)
    if (damaged.length > 0) this.#onDamaged(damaged)
    await this.event('start', {
      detail: {
        heartbeat_ms: this.#heartbeatMs,
        ...this.#mark(),
        ...(damaged.length > 0 && { damaged_chains: damaged }),
      },
    })
    for (const checkpointer of this.#checkpointers) void checkpointer.write()
    this.#heartbeat = setInterval(() => this.#beat(), this.#heartbeatMs).unref()
    if (!this.#isSettled) this.#lookAside()
  }

  async #each(entry: Entry, durability: Durability, options?: AppendOptions, sinks = this.#sinks): Promise<void> {
    await Promise.all(sinks.map((sink) => sink.append(entry, durability, options)))
    if (entry.phase !== 'heartbeat') for (const checkpointer of this.#checkpointers) checkpointer.moved()
  }

  #beat(): void {
    // The sink reports and repairs itself.
    this.#pulse().catch(() => {})
    this.#lookAside()
  }

  /** However long this takes, the heart goes on. What cannot be done now is tried again at the next beat. */
  #lookAside(): void {
    this.#aside ??= Promise.all([this.#renewKeys(), ...this.#tending.map((one) => this.#tend(one))]).then(() => {
      this.#aside = undefined
    })
  }

  async #renewKeys(): Promise<void> {
    this.#keys = await this.#readKeys().catch(() => this.#keys)
  }

  async #tend(tending: Tending): Promise<void> {
    const { signal } = this.#closing
    await tending.tend(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#report(error)
    })
  }

  #pulse(): Promise<void> {
    const idleMs = performance.now() - this.#last
    this.#last = performance.now()
    // A process that was stopped or asleep could not beat; verify must not take that for a removed record.
    const late = idleMs > this.#heartbeatMs * 2 && { late_ms: Math.round(idleMs) }
    return this.#each({ phase: 'heartbeat', detail: { ...this.#mark(), ...late } }, 'kernel')
  }

  #mark(): Detail {
    return this.#isSettled ? this.#open.mark() : {}
  }

  /** Marks are about all of a chain. */
  get #isSettled(): boolean {
    return this.#tending.every(({ settled }) => settled)
  }
}
