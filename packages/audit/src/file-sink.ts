import { open } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { auditDown } from './audit-down.ts'
import { type Disk, type Durability, GroupCommit, realDisk } from './group-commit.ts'
import { type Entry, line } from './record.ts'
import { DamagedChain, readHead, recoverTail, type Tail } from './recover-tail.ts'
import { chainNames, segmentFile, syncDirectory } from './segment.ts'
import type { AppendOptions, Head, Sink } from './sink.ts'
import { type Slot, takeSlot } from './slot.ts'

export interface FileSinkOptions {
  readonly directory: string
  readonly server: string
  /** What stands in every record. */
  readonly context: Pick<Entry, 'environment' | 'server' | 'policy'>
  readonly disk?: Disk
  /** Longest wait for the disk, in milliseconds. */
  readonly deadlineMs?: number
  /** Time between attempts to resume, in milliseconds. */
  readonly repairMs?: number
  readonly segmentBytesMax?: number
}

const deadlineMsDefault = 2_000
const repairMsDefault = 500
const segmentBytesMaxDefault = 1 << 26
/** How often a removed or replaced file is looked for: writes to it would go on into nowhere. */
const presenceMs = 1_000
const owedMax = 10_000

/** Microseconds since the process began. */
const mono = () => Math.round(performance.now() * 1000)

interface Outage {
  readonly since: string
  reason: string
  refused: number
  /** Records that may stand in the file although their calls were told otherwise. */
  from: number
  to: number
}

/**
 * Append-only segment files, one chain of this process.
 *
 * @throws Error when the directory cannot be written to
 */
export async function openFileSink(options: FileSinkOptions): Promise<Sink & { readonly start: Slot }> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 })
  const slot = await takeSlot(options.directory, options.server)
  const sink = new FileSink(slot, options)
  try {
    await sink.open(slot.tail)
  } catch (error) {
    slot.lock.release()
    throw error
  }
  return sink
}

class FileSink implements Sink {
  readonly start: Slot
  readonly #options: FileSinkOptions
  #slot: Slot
  #commit: GroupCommit | undefined
  #seq = 0
  #hash = ''
  /** The newest record of which the kernel has told us that it has it. */
  #safe: { seq: number; hash: string } = { seq: 0, hash: '' }
  #outage: Outage | undefined
  #repair: Promise<void> | undefined
  #closed = false
  readonly #owed: Entry[] = []
  readonly #presence: NodeJS.Timeout
  #segment: { readonly file: string; readonly inode: number } | undefined
  #checking = false

  constructor(slot: Slot, options: FileSinkOptions) {
    this.start = slot
    this.#slot = slot
    this.#options = options
    this.#presence = setInterval(() => void this.#checkPresence(), presenceMs).unref()
  }

  get chain(): string {
    return this.#slot.chain
  }

  problem(): string | undefined {
    if (this.#closed) return 'the audit log is closed'
    return this.#outage && `${this.#slot.directory}: ${this.#outage.reason}`
  }

  admit(): void {
    if (this.#outage === undefined && !this.#closed) return
    if (this.#outage) this.#outage.refused += 1
    throw auditDown(this.problem() ?? '')
  }

  async append(entry: Entry, durability: Durability, options: AppendOptions = {}): Promise<void> {
    if (this.#outage || this.#closed) throw this.#refused(entry, options)
    const { chain } = this.#slot
    const seq = this.#seq + 1
    try {
      await this.#push(entry, durability)
    } catch (error) {
      if (chain === this.#slot.chain) this.#unanswered(seq)
      throw this.#refused(entry, options, error)
    }
  }

  async heads(): Promise<Head[]> {
    const chains = await chainNames(this.#options.directory, this.#options.server)
    const heads = await Promise.all(
      chains.map(async (chain) => {
        const head = await readHead(join(this.#options.directory, chain), true)
        return head === undefined ? [] : [{ chain, ...head }]
      }),
    )
    return heads.flat()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#presence)
    // A hung disk must not hold the end of the process.
    if (!this.#outage) await this.#commit?.close()
    this.#slot.lock.release()
  }

  /** Goes on at the end of the chain. */
  async open(tail: Tail): Promise<void> {
    this.#seq = tail.seq
    this.#hash = tail.hash
    this.#safe = { seq: tail.seq, hash: tail.hash }
    this.#commit = new GroupCommit({
      fd: await this.#openSegment(tail.file),
      disk: this.#options.disk ?? realDisk,
      deadlineMs: this.#options.deadlineMs ?? deadlineMsDefault,
      bytes: tail.bytes,
      bytesMax: this.#options.segmentBytesMax ?? segmentBytesMaxDefault,
      next: (seq) => this.#openSegment(segmentFile(this.#slot.directory, seq)),
      onFailure: (error) => this.#fail(error),
    })
  }

  async #push(entry: Entry, durability: Durability): Promise<void> {
    const seq = this.#seq + 1
    const link = { chain: this.#slot.chain, seq, prev: this.#hash }
    const made = line({ ...this.#options.context, ...entry }, link, new Date().toISOString(), mono())
    if (this.#commit === undefined) throw new Error('no segment is open')
    this.#seq = seq
    this.#hash = made.hash
    await this.#commit.push(made.text, seq, durability)
    if (seq > this.#safe.seq) this.#safe = { seq, hash: made.hash }
  }

  #refused(entry: Entry, options: AppendOptions, cause?: unknown): Error {
    if (this.#outage) this.#outage.refused += 1
    if (options.owed && this.#owed.length < owedMax) this.#owed.push(entry)
    return auditDown(this.problem() ?? 'the audit log is closed', cause)
  }

  #unanswered(seq: number): void {
    if (this.#outage === undefined) return
    this.#outage.from = Math.min(this.#outage.from, seq)
    this.#outage.to = Math.max(this.#outage.to, seq)
  }

  #fail(error: Error): void {
    const fresh = { since: new Date().toISOString(), refused: 0, from: Number.POSITIVE_INFINITY, to: 0 }
    this.#outage ??= { ...fresh, reason: error.message }
    this.#outage.reason = error.message
    this.#repair ??= this.#repairUntilDone().finally(() => {
      this.#repair = undefined
    })
  }

  async #repairUntilDone(): Promise<void> {
    while (!this.#closed) {
      // After a hang this waits for the disk to answer: what it then did is read from the file.
      await this.#commit?.close()
      this.#commit = undefined
      await delay(this.#options.repairMs ?? repairMsDefault, undefined, { ref: false })
      if (this.#closed) return
      try {
        await this.#resume()
        return
      } catch (error) {
        if (this.#outage) this.#outage.reason = (error as Error).message
      }
    }
  }

  async #resume(): Promise<void> {
    const before = { chain: this.#slot.chain, seq: this.#safe.seq }
    const tail = await this.#tail()
    await this.open(tail)
    const outage = this.#outage
    if (outage === undefined) return
    const anew = before.chain !== this.#slot.chain || tail.seq < before.seq
    const unanswered = !anew && outage.from <= tail.seq
    const detail = {
      reason: 'outage',
      since: outage.since,
      refused: outage.refused,
      ...(unanswered && { unanswered_from: outage.from, unanswered_to: Math.min(outage.to, tail.seq) }),
      ...(tail.torn && { torn_bytes: tail.torn.bytes }),
      ...(anew && { left_chain: before.chain, left_at: before.seq }),
    }
    await this.#push({ phase: 'resumed', detail }, 'durable')
    for (let entry = this.#owed[0]; entry !== undefined; entry = this.#owed[0]) {
      await this.#push({ ...entry, detail: { ...entry.detail, late: true } }, 'durable')
      this.#owed.shift()
    }
    this.#outage = undefined
  }

  /** The end of our chain; or another chain, where ours was removed or changed under our hands. */
  async #tail(): Promise<Tail> {
    try {
      const tail = await recoverTail(this.#slot.directory, 'drop')
      const ours = tail.seq === this.#safe.seq ? tail.hash === this.#safe.hash : tail.seq > this.#safe.seq
      if (ours) return tail
    } catch (error) {
      if (!(error instanceof DamagedChain)) throw error
    }
    this.#slot.lock.release()
    this.#slot = await takeSlot(this.#options.directory, this.#options.server)
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
    if (this.#outage || this.#checking || commit === undefined || segment === undefined) return
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
