import { signCheckpoint } from './checkpoint.ts'
import type { CheckpointKey } from './checkpoint-key.ts'
import { inTime } from './in-time.ts'
import type { Sink } from './sink.ts'

/** Where checkpoints are kept. */
export interface CheckpointPlace {
  readonly name: string
  publish(keyId: string, publicKey: string): Promise<void>
  /** Durable when it resolves. */
  append(line: string, time: string): Promise<void>
}

export interface CheckpointerOptions {
  readonly sink: Sink
  readonly environment: string
  readonly server: string
  readonly kind: 'file' | 'postgres'
  readonly key: CheckpointKey
  /** Records after which a checkpoint is due. */
  readonly every: number
  /** Seconds after which one is due if anything was recorded. */
  readonly seconds: number
  readonly places: readonly CheckpointPlace[]
  /** Told once per change: what keeps a place from taking checkpoints, or undefined when it takes them again. */
  readonly onProblem: (problem: string | undefined) => void
}

/** How long a place may take for what it is given, in milliseconds. */
const placeMsMax = 2_000

/** Lines that a place has not taken yet are kept for it, up to this many. */
const behindMax = 10_000

/**
 * Writes a signed checkpoint of all chains of the server every so many records or seconds. A place that fails does not
 * stop the calls; it gets what it missed when it is back.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions
  readonly #timer: NodeJS.Timeout
  readonly #behind = new Map<CheckpointPlace, { line: string; time: string }[]>()
  readonly #published = new Set<CheckpointPlace>()
  readonly #delivering = new Map<CheckpointPlace, Promise<void>>()
  #since = 0
  #running: Promise<unknown> | undefined
  #problem: string | undefined

  constructor(options: CheckpointerOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#due(1), options.seconds * 1000).unref()
  }

  /** A record was appended. */
  moved(): void {
    this.#since += 1
    this.#due(this.#options.every)
  }

  /**
   * Writes a checkpoint now, after any that is under way. Never rejects.
   *
   * @returns what kept a place from taking it
   */
  async write(): Promise<string | undefined> {
    const turn = (this.#running ?? Promise.resolve()).then(() => this.#write())
    this.#running = turn
    const problem = await turn
    if (this.#running !== turn) return problem
    this.#running = undefined
    this.#due(this.#options.every)
    return problem
  }

  async close(): Promise<void> {
    this.stop()
    await this.write()
  }

  /** Signs nothing by itself any more. */
  stop(): void {
    clearInterval(this.#timer)
    this.#since = Number.NEGATIVE_INFINITY
  }

  #due(atLeast: number): void {
    if (this.#since >= atLeast && this.#running === undefined) void this.write()
  }

  async #write(): Promise<string | undefined> {
    const { sink, environment, server, kind, key, places } = this.#options
    const counted = this.#since
    const problems: string[] = []
    try {
      const time = new Date().toISOString()
      const writer = sink.chain
      const heads = await sink.heads()
      const line = signCheckpoint({ environment, server, sink: kind, writer, time, heads }, key)
      this.#since -= counted
      for (const place of places) this.#queue(place).push({ line, time })
    } catch (error) {
      problems.push(`no checkpoint could be made: ${(error as Error).message}`)
    }
    await Promise.all(
      places.map(async (place) => {
        try {
          // One that hangs holds up neither the others nor a stop.
          await inTime(this.#delivery(place), placeMsMax)
        } catch (error) {
          // Its directory may be gone; the next try makes it anew.
          this.#published.delete(place)
          problems.push(`${place.name} takes no checkpoints: ${(error as Error).message}`)
        }
      }),
    )
    const problem = problems.length > 0 ? problems.join('; ') : undefined
    this.#report(problem)
    return problem
  }

  /** What a place is still busy with is waited for, and not begun a second time. */
  #delivery(place: CheckpointPlace): Promise<void> {
    const running = this.#delivering.get(place)
    if (running !== undefined) return running
    const delivery = this.#deliver(place).finally(() => this.#delivering.delete(place))
    this.#delivering.set(place, delivery)
    return delivery
  }

  async #deliver(place: CheckpointPlace): Promise<void> {
    const { key } = this.#options
    if (!this.#published.has(place)) await place.publish(key.id, key.publicKey)
    this.#published.add(place)
    const queue = this.#queue(place)
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      await place.append(next.line, next.time)
      queue.shift()
    }
  }

  #queue(place: CheckpointPlace): { line: string; time: string }[] {
    const queue = this.#behind.get(place) ?? []
    this.#behind.set(place, queue)
    if (queue.length > behindMax) queue.splice(0, queue.length - behindMax)
    return queue
  }

  #report(problem: string | undefined): void {
    if (problem === this.#problem) return
    this.#problem = problem
    this.#options.onProblem(problem)
  }
}
