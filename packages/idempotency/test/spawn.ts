import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Reply } from '@postern/tool'
import type { Order, Report } from './notes-process.ts'

/** A server in another process. */
export class NotesProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { done(report: Report | undefined): void; at(): void }>()
  readonly #exited: Promise<unknown>
  #orders = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#exited = once(child, 'exit')
    child.on('message', (report: Report) => {
      const waiting = this.#waiting.get(report.id)
      if (report.at === undefined) waiting?.done(report)
      else waiting?.at()
    })
    child.on('exit', () => {
      for (const { done } of this.#waiting.values()) done(undefined)
    })
  }

  static async start(open: NonNullable<Order['open']>): Promise<NotesProcess> {
    const it = new NotesProcess(fork(join(import.meta.dirname, 'notes-process.ts'), { stdio: 'inherit' }))
    await it.#order({ open }).reply
    return it
  }

  /** `reply`: undefined when the process died before. `there`: it has come to where it parks or stops. */
  begin(
    input: Record<string, unknown>,
    order: Pick<Order, 'parkAt' | 'stopAt'> = {},
  ): { readonly reply: Promise<Reply | undefined>; readonly there: Promise<void> } {
    const { reply, there } = this.#order({ input, ...order })
    return { reply: reply.then((report) => report?.reply), there }
  }

  call(input: Record<string, unknown>): Promise<Reply | undefined> {
    return this.begin(input).reply
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  #order(order: Omit<Order, 'id'>) {
    const id = this.#orders++
    const done = Promise.withResolvers<Report | undefined>()
    const at = Promise.withResolvers<void>()
    this.#waiting.set(id, { done: done.resolve, at: at.resolve })
    this.#child.send({ ...order, id } satisfies Order)
    return { reply: done.promise, there: at.promise }
  }
}
