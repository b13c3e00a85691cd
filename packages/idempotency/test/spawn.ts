import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Reply } from '@postern/tool'
import type { FaultPoint } from '../src/options.ts'
import type { Order, Report } from './notes-process.ts'

/** A server in another process. */
export class NotesProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (report: Report | undefined) => void>()
  readonly #stopping = Promise.withResolvers<FaultPoint>()
  readonly #exited: Promise<unknown>
  #orders = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#exited = once(child, 'exit')
    child.on('message', (report: Report) => {
      if (report.stopping !== undefined) this.#stopping.resolve(report.stopping)
      else this.#waiting.get(report.id)?.(report)
    })
    child.on('exit', () => {
      for (const end of this.#waiting.values()) end(undefined)
    })
  }

  static async start(open: NonNullable<Order['open']>): Promise<NotesProcess> {
    const it = new NotesProcess(fork(join(import.meta.dirname, 'notes-process.ts'), { stdio: 'inherit' }))
    await it.#order({ open })
    return it
  }

  /** Undefined when the process died. */
  async call(input: Record<string, unknown>, order: Pick<Order, 'dieAt' | 'stopAt'> = {}): Promise<Reply | undefined> {
    return (await this.#order({ input, ...order }))?.reply
  }

  async complete(): Promise<void> {
    await this.#order({ complete: true })
  }

  /** Resolves when the process is about to stop itself. */
  stopping(): Promise<FaultPoint> {
    return this.#stopping.promise
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  #order(order: Omit<Order, 'id'>): Promise<Report | undefined> {
    const id = this.#orders++
    const { promise, resolve } = Promise.withResolvers<Report | undefined>()
    this.#waiting.set(id, resolve)
    if (this.#child.connected) this.#child.send({ ...order, id } satisfies Order)
    else resolve(undefined)
    return promise.finally(() => this.#waiting.delete(id))
  }
}
