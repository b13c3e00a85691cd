import { hash } from 'node:crypto'
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/server'
import { asksForData, malformedCall } from './malformed-call.ts'
import type { Runtime } from './runtime.ts'
import type { Watch } from './stdio-transport.ts'

/** Calls under way on one connection; beyond that the oldest is forgotten. */
const callsMax = 10_000
const idCharactersMax = 64

/** Calls on stdio that the protocol refuses before any handler of ours sees them: each leaves its record all the same. */
export class UnrecordedCalls implements Watch {
  readonly #runtime: Pick<Runtime, 'refusedMessage'>
  /** How many calls of an id no handler has seen yet; a client may use one twice. */
  readonly #unseen = new Map<string, number>()

  constructor(runtime: Pick<Runtime, 'refusedMessage'>) {
    this.#runtime = runtime
  }

  /** A handler of ours has the call, and records it. */
  reached(call: RequestId): void {
    this.#take(keyOf(call))
  }

  received(message: JSONRPCMessage): Promise<void> | undefined {
    if (malformedCall(message)) return this.#runtime.refusedMessage()
    if (asksForData(message) && 'id' in message && message.id !== undefined) this.#add(keyOf(message.id))
    return undefined
  }

  refused(value: unknown): Promise<void> | undefined {
    return asksForData(value) ? this.#runtime.refusedMessage() : undefined
  }

  answering(message: JSONRPCMessage): Promise<void> | undefined {
    const unseen = 'error' in message && message.id !== undefined && this.#take(keyOf(message.id))
    return unseen ? this.#runtime.refusedMessage() : undefined
  }

  #add(key: string): void {
    this.#unseen.set(key, (this.#unseen.get(key) ?? 0) + 1)
    const [oldest] = this.#unseen.keys()
    if (this.#unseen.size > callsMax && oldest !== undefined) this.#unseen.delete(oldest)
  }

  #take(key: string): boolean {
    const count = this.#unseen.get(key)
    if (count === undefined) return false
    if (count === 1) this.#unseen.delete(key)
    else this.#unseen.set(key, count - 1)
    return true
  }
}

/** Ids are as long as their sender likes. */
function keyOf(id: RequestId): string {
  const text = JSON.stringify(id)
  return text.length <= idCharactersMax ? text : hash('sha256', text)
}
