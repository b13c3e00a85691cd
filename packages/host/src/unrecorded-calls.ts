import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/server'
import { asksForData, malformedCall } from './malformed-call.ts'
import type { Runtime } from './runtime.ts'
import type { Watch } from './stdio-transport.ts'

/** Calls on stdio that the protocol refuses before any handler of ours sees them: each leaves its record all the same. */
export class UnrecordedCalls implements Watch {
  readonly #runtime: Pick<Runtime, 'refusedMessage'>
  readonly #ids = new Set<RequestId>()

  constructor(runtime: Pick<Runtime, 'refusedMessage'>) {
    this.#runtime = runtime
  }

  /** A handler of ours has the call, and records it. */
  reached(call: RequestId | undefined): void {
    if (call !== undefined) this.#ids.delete(call)
  }

  received(message: unknown): Promise<void> | undefined {
    if (malformedCall(message)) return this.#runtime.refusedMessage()
    if (asksForData(message)) this.#ids.add((message as { id: RequestId }).id)
    return undefined
  }

  answering(message: JSONRPCMessage): Promise<void> | undefined {
    if (!('error' in message) || message.id === undefined || !this.#ids.delete(message.id)) return undefined
    return this.#runtime.refusedMessage()
  }

  cancelled(call: unknown): void {
    this.#ids.delete(call as RequestId)
  }
}
