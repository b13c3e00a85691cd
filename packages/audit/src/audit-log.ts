import { basename } from 'node:path'
import type { Store } from '@postern/store'
import type { Transaction } from '@postern/tool'
import { auditDirectory } from './audit-directory.ts'
import { auditDown } from './audit-down.ts'
import { type AuditSection, sinksOf } from './audit-section.ts'
import { checkpointDirectory } from './checkpoint-directory.ts'
import { type CheckpointKey, checkpointKey, checkpointKeyFromSeed } from './checkpoint-key.ts'
import { Checkpointer, type CheckpointPlace } from './checkpointer.ts'
import type { FileSinkOptions } from './file-sink.ts'
import type { Durability } from './group-commit.ts'
import type { KeyRing } from './hmac-keys.ts'
import { auditKeys } from './open-trails.ts'
import type { PostgresSinkOptions } from './postgres-sink.ts'
import type { Entry, Phase, Sealed } from './record.ts'
import type { AppendOptions, Sink } from './sink.ts'

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
   * Records what is not a call: an authentication failure, a loaded configuration, an approval, a recovered write.
   * `fields` hold ids and our own words, never text of a caller or an upstream.
   * @throws ToolError UPSTREAM_UNAVAILABLE `audit_down`
   */
  event(phase: Phase, fields?: Omit<Entry, 'phase'>, transaction?: Transaction): Promise<void>
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
  /** Told when checkpoints cannot be written, and with undefined when they can again. Calls go on meanwhile. */
  readonly onProblem?: (problem: string | undefined) => void
  /** For tests: a disk that fails, shorter times. */
  readonly file?: Partial<Pick<FileSinkOptions, 'disk' | 'deadlineMs' | 'repairMs' | 'segmentBytesMax'>>
  readonly postgres?: Partial<Pick<PostgresSinkOptions, 'deadlineMs' | 'repairMs'>>
  readonly heartbeatMs?: number
}

const heartbeatMsDefault = 60_000

/** Events that power loss must not take. */
const durable: ReadonlySet<Phase> = new Set([
  'intent',
  'outcome',
  'approval',
  'takeover',
  'stop',
  'resumed',
  'pruned',
  'hold',
  'hold_released',
])

/**
 * Opens the trail of this process: takes a chain in every sink, goes on where its last holder ended, and records the
 * start.
 *
 * @throws Error with a sentence for the operator when a sink, a key or a directory cannot be used
 */
export async function openAudit(options: AuditLogOptions): Promise<AuditLog> {
  const { section, environment, server } = options
  const directory = auditDirectory(section, options)
  const context = { environment, server, policy: options.policy }
  const kinds = sinksOf(section)
  if (options.store?.engine !== 'postgres') {
    const fix = 'but the store of this server is not: set store.kind to postgres, or'
    if (kinds.has('postgres')) throw new Error(`audit.sink is postgres, ${fix} audit.sink to file.`)
    if (section.checkpoints.copy_to === 'postgres')
      throw new Error(`audit.checkpoints.copy_to is postgres, ${fix} name a directory.`)
  }

  const readKeys = () => auditKeys(options)
  const keys = await readKeys()
  const signing = await signingKey(options, directory)
  const files = kinds.has('file')
    ? await (await import('./file-sink.ts')).openFileSink({ directory, server, context, ...options.file })
    : undefined
  const postgres =
    kinds.has('postgres') && options.store
      ? await (await import('./postgres-sink.ts')).openPostgresSink({
          store: options.store,
          server,
          context,
          ...options.postgres,
        })
      : undefined
  const sinks: Sink[] = [files, postgres].filter((sink) => sink !== undefined)

  const log = new Log(sinks, options, keys, readKeys)
  for (const sink of sinks)
    log.checkpointers.push(
      new Checkpointer({
        sink,
        environment,
        server,
        kind: sink === files ? 'file' : 'postgres',
        key: signing,
        every: section.checkpoints.every,
        seconds: section.checkpoints.seconds,
        places: await placesOf(options, sink, sink === files ? directory : undefined),
        onProblem: options.onProblem ?? (() => {}),
      }),
    )
  await log.start(files?.start)
  return log
}

async function signingKey({ section, store }: AuditLogOptions, directory: string): Promise<CheckpointKey> {
  if (section.checkpoints.key !== undefined || !sinksOf(section).has('postgres') || store === undefined)
    return checkpointKey(directory, section.checkpoints.key)
  return checkpointKeyFromSeed(await store.secret('audit-checkpoint', 32))
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
  readonly checkpointers: Checkpointer[] = []
  readonly #sinks: readonly Sink[]
  readonly #heartbeatMs: number
  readonly #heartbeat: NodeJS.Timeout
  readonly #readKeys: () => Promise<KeyRing>
  #keys: KeyRing
  #last = performance.now()
  #closed = false

  constructor(sinks: readonly Sink[], options: AuditLogOptions, keys: KeyRing, readKeys: () => Promise<KeyRing>) {
    this.#sinks = sinks
    this.#keys = keys
    this.#readKeys = readKeys
    this.#heartbeatMs = options.heartbeatMs ?? heartbeatMsDefault
    this.#heartbeat = setInterval(() => void this.#beat(), this.#heartbeatMs).unref()
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

  append(entry: Entry, durability: Durability, options?: AppendOptions): Promise<void> {
    // What came after the stop record would look as if somebody else had written it.
    if (this.#closed) return Promise.reject(auditDown('the audit log is closed'))
    const now = performance.now()
    const idle = now - this.#last
    this.#last = now
    // A process that was stopped or asleep could not beat; verify must not take that for a removed record.
    const paused = idle > this.#heartbeatMs * 2 && entry.phase !== 'start'
    const first = paused ? [this.#each({ phase: 'heartbeat', detail: { late_ms: Math.round(idle) } }, 'kernel')] : []
    return Promise.all([...first, this.#each(entry, durability, options)]).then(() => {})
  }

  event(phase: Phase, fields: Omit<Entry, 'phase'> = {}, transaction?: Transaction): Promise<void> {
    return this.append({ ...fields, phase }, durable.has(phase) ? 'durable' : 'kernel', transaction && { transaction })
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
    const stop = this.event('stop')
    this.#closed = true
    await stop.catch(() => {})
    for (const checkpointer of this.checkpointers) await checkpointer.close()
    for (const sink of this.#sinks) await sink.close()
  }

  async start(
    slot: { chain: string; tail: { torn?: { bytes: number; file?: string } }; damaged: readonly string[] } | undefined,
  ) {
    const torn = slot?.tail.torn
    if (torn !== undefined)
      await this.event('resumed', {
        detail: { reason: 'torn_tail', torn_bytes: torn.bytes, ...(torn.file && { torn_file: basename(torn.file) }) },
      })
    const damaged = slot?.damaged ?? []
    await this.event('start', {
      detail: { heartbeat_ms: this.#heartbeatMs, ...(damaged.length > 0 && { damaged_chains: damaged }) },
    })
    for (const checkpointer of this.checkpointers) void checkpointer.write()
  }

  async #each(entry: Entry, durability: Durability, options?: AppendOptions): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.append(entry, durability, options)))
    if (entry.phase !== 'heartbeat') for (const checkpointer of this.checkpointers) checkpointer.moved()
  }

  async #beat(): Promise<void> {
    try {
      if (performance.now() - this.#last >= this.#heartbeatMs * 0.9) await this.append({ phase: 'heartbeat' }, 'kernel')
      this.#keys = await this.#readKeys()
    } catch {
      // The sink reports and repairs itself; a key that cannot be read now is asked for again at the next beat.
    }
  }
}
