import { open } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { auditDown } from './audit-down.ts'
import { AuditFault } from './audit-fault.ts'
import { type Disk, type Durability, GroupCommit, realDisk } from './group-commit.ts'
import { type Entry, line } from './record.ts'
import { DamagedChain, readHead, recoverTail, type Tail } from './recover-tail.ts'
import { late, type Outage, outageDetail, Recovery, type RecoveryOptions } from './recovery.ts'
import { chainNames, segmentFile, syncDirectory } from './segment.ts'
import { type SignedHead, unsignedFrom } from './signed-head.ts'
import type { AppendOptions, Head, Sink, Taken } from './sink.ts'
import { type Slot, takeSlot } from './slot.ts'

export interface FileSinkOptions {
  readonly directory: string
  readonly server: string
  /** What stands in every record. */
  readonly context: Pick<Entry, 'environment' | 'server' | 'policy'>
  /** Where chains were signed last: one that does not reach there is not continued. */
  readonly signed: SignedHead
  readonly disk?: Disk
  /** Longest wait for the disk, in milliseconds. */
  readonly deadlineMs?: number
  /** Time between attempts to resume, in milliseconds. */
  readonly repairMs?: number
  readonly onOutage?: RecoveryOptions['onOutage']
  readonly segmentBytesMax?: number
}

const deadlineMsDefault = 2_000
const segmentBytesMaxDefault = 1 << 26
/** How often a removed or replaced file is looked for: writes to it would go on into nowhere. */
const presenceMs = 1_000

/** Microseconds since the process began. */
const mono = () => Math.round(performance.now() * 1000)

/**
 * Append-only segment files, one chain of this process.
 *
 * @throws Error when the directory cannot be written to
 */
export async function openFileSink(options: FileSinkOptions): Promise<{ readonly sink: Sink; readonly slot: Slot }> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw new AuditFault(`audit.directory ${options.directory} cannot be used (${error.code}).`, { cause: error })
  })
  const slot = await takeSlot(options.directory, options.server, options.signed)
  const sink = new FileSink(slot, options)
  try {
    await sink.open(slot.tail)
  } catch (error) {
    slot.lock.release()
    throw error
  }
  return { sink, slot }
}

class FileSink implements Sink {
  readonly joinsTransactions = false
  readonly #options: FileSinkOptions
  readonly #recovery: Recovery
  readonly #presence: NodeJS.Timeout
  #slot: Slot
  #taken: Taken
  #commit: GroupCommit | undefined
  #segment: { readonly file: string; readonly inode: number } | undefined
  #checking = false
  #seq = 0
  #hash = ''
  /** The newest record of which the kernel has told us that it has it. */
  #safe: { readonly seq: number; readonly hash: string } = { seq: 0, hash: '' }
  /** Hashes of records that were written and not acknowledged yet. */
  readonly #unsafe = new Map<number, string>()
  /** Records that may stand in the file although their calls were told otherwise. */
  #unanswered = { from: Number.POSITIVE_INFINITY, to: 0 }
  #closed = false

  constructor(slot: Slot, options: FileSinkOptions) {
    this.#slot = slot
    this.#taken = takenOf(slot)
    this.#options = options
    this.#recovery = new Recovery({
      repairMs: options.repairMs,
      onOutage: options.onOutage,
      settled: async () => this.#commit?.close(),
      resume: (outage) => this.#resume(outage),
    })
    this.#presence = setInterval(() => void this.#checkPresence(), presenceMs).unref()
  }

  get chain(): string {
    return this.#slot.chain
  }

  get taken(): Taken {
    return this.#taken
  }

  problem(): string | undefined {
    if (this.#closed) return 'the audit log is closed'
    const { outage } = this.#recovery
    return outage && `${this.#slot.directory}: ${outage.reason}`
  }

  admit(): void {
    const problem = this.problem()
    if (problem === undefined) return
    this.#recovery.refuse()
    throw auditDown(problem)
  }

  async append(entry: Entry, durability: Durability, options?: AppendOptions): Promise<void> {
    const { chain } = this.#slot
    const seq = this.#seq + 1
    try {
      if (this.problem() !== undefined) throw new Error('the sink takes no records')
      await this.#push(entry, durability)
    } catch (error) {
      if (chain === this.#slot.chain && seq <= this.#seq)
        this.#unanswered = { from: Math.min(this.#unanswered.from, seq), to: Math.max(this.#unanswered.to, seq) }
      this.#recovery.refuse(entry, options)
      throw auditDown(this.problem() ?? 'the record could not be made', error)
    }
  }

  async heads(): Promise<Head[]> {
    const { chain: own, after } = this.#taken
    // Of our own chain what we wrote ourselves, and nothing before a record of ours stands in it: what somebody puts on
    // the disk behind our back must not be signed by us.
    const safe = { chain: own, ...this.#safe }
    const chains = await chainNames(this.#options.directory, this.#options.server)
    const heads = await Promise.all(
      chains.map(async (chain) => {
        const head = await readHead(join(this.#options.directory, chain), true)
        if (chain === own) return []
        return head === undefined ? [] : [{ chain, ...head }]
      }),
    )
    if (own !== this.#taken.chain || this.#recovery.outage !== undefined) throw new Error('the chain is being repaired')
    return safe.seq > after ? [...heads.flat(), safe] : heads.flat()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#presence)
    this.#recovery.stop()
    // Not before the disk has answered: a write that lands later would meet the next holder's.
    const released = (async () => {
      await this.#commit?.close()
      this.#slot.lock.release()
    })()
    // But a hung disk must not hold the end of the process.
    if (this.#recovery.outage === undefined) await released
  }

  /** Goes on at the end of the chain. */
  async open(tail: Tail): Promise<void> {
    this.#seq = tail.seq
    this.#hash = tail.hash
    this.#safe = { seq: tail.seq, hash: tail.hash }
    this.#unsafe.clear()
    this.#commit = new GroupCommit({
      fd: await this.#openSegment(tail.file),
      disk: this.#options.disk ?? realDisk,
      deadlineMs: this.#options.deadlineMs ?? deadlineMsDefault,
      bytes: tail.bytes,
      bytesMax: this.#options.segmentBytesMax ?? segmentBytesMaxDefault,
      next: (seq) => this.#openSegment(segmentFile(this.#slot.directory, seq)),
      onFailure: (error) => this.#recovery.begin(error),
    })
  }

  async #push(entry: Entry, durability: Durability): Promise<void> {
    const commit = this.#commit
    if (commit === undefined) throw new Error('no segment is open')
    const link = { chain: this.#slot.chain, seq: this.#seq + 1, prev: this.#hash }
    const { text, hash } = line({ ...this.#options.context, ...entry }, link, new Date().toISOString(), mono())
    this.#seq = link.seq
    this.#hash = hash
    this.#unsafe.set(link.seq, hash)
    await commit.push(text, link.seq, durability)
    this.#unsafe.delete(link.seq)
    if (link.seq > this.#safe.seq) this.#safe = { seq: link.seq, hash }
  }

  async #resume(outage: Outage): Promise<void> {
    const left = { chain: this.#slot.chain, seq: this.#safe.seq }
    const { from, to } = this.#unanswered
    const tail = await this.#tail()
    await this.open(tail)
    const anew = left.chain !== this.#slot.chain || tail.seq < left.seq
    const detail = {
      ...outageDetail(outage),
      ...(!anew && from <= tail.seq && { unanswered_from: from, unanswered_to: Math.min(to, tail.seq) }),
      ...(tail.torn && { torn_bytes: tail.torn.bytes }),
      ...(anew && { left_chain: left.chain, left_at: left.seq }),
      ...(anew && (await unsignedFrom(this.#options.signed, this.#taken, false))),
    }
    await this.#push({ phase: 'resumed', detail }, 'durable')
    const { owed } = this.#recovery
    for (let entry = owed[0]; entry !== undefined; entry = owed[0]) {
      await this.#push(late(entry), 'durable')
      owed.shift()
    }
    this.#unanswered = { from: Number.POSITIVE_INFINITY, to: 0 }
  }

  /** The end of our chain; or another chain, where ours was removed or changed under our hands. */
  async #tail(): Promise<Tail> {
    try {
      const tail = await recoverTail(this.#slot.directory, 'drop')
      // What stands behind the last record that we know to be safe has to be what we had written there.
      const hash = tail.seq === this.#safe.seq ? this.#safe.hash : this.#unsafe.get(tail.seq)
      if (tail.hash === hash) return tail
    } catch (error) {
      if (!(error instanceof DamagedChain)) throw error
    }
    // The old one first: without it another process could take the chain that we still write to.
    const { lock } = this.#slot
    this.#slot = await takeSlot(this.#options.directory, this.#options.server, this.#options.signed)
    lock.release()
    this.#taken = takenOf(this.#slot)
    this.#unsafe.clear()
    return this.#slot.tail
  }

  async #openSegment(file: string): Promise<number> {
    const fd = await new Promise<number>((resolve, reject) => {
      open(file, 'a', 0o600, (error, fd) => (error ? reject(error) : resolve(fd)))
    })
    await syncDirectory(dirname(file))
    this.#segment = { file, inode: (await stat(file)).ino }
    return fd
  }

  /** Records written to a file that is gone would be acknowledged and lost. */
  async #checkPresence(): Promise<void> {
    const commit = this.#commit
    const segment = this.#segment
    if (this.problem() !== undefined || this.#checking || commit === undefined || segment === undefined) return
    this.#checking = true
    try {
      const bytes = commit.bytes
      const found = await stat(segment.file)
      if (segment !== this.#segment) return
      if (found.ino !== segment.inode) throw new Error(`${segment.file} was replaced`)
      if (found.size < bytes) throw new Error(`${segment.file} was cut`)
    } catch (error) {
      commit.fail(error as Error)
    } finally {
      this.#checking = false
    }
  }
}

const takenOf = ({ chain, tail }: Slot): Taken => ({ chain, after: tail.seq })
