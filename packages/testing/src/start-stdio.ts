import { type Launch, ServerProcess } from './server-process.ts'

const answerLimitMs = 15_000

/** A JSON-RPC message as it stands on a line. */
export interface RawMessage {
  readonly jsonrpc?: unknown
  readonly id?: string | number | null
  readonly result?: Record<string, unknown>
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
  readonly [key: string]: unknown
}

/** A built server on stdio, spoken to line by line, without any client library in between. */
export interface StdioServer extends ServerProcess {
  /** Writes one line: a string as it is (it need not be JSON), anything else as JSON. */
  send(message: unknown): void
  /** The answer to the message with this id, already there or still to come; at most 15 s. */
  answer(id: string | number | null): Promise<RawMessage>
  /** Closes stdin, as a client does that goes away, and waits for the exit. */
  close(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

class StdioProcess extends ServerProcess implements StdioServer {
  send(message: unknown): void {
    this.child.stdin?.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`)
  }

  async answer(id: string | number | null): Promise<RawMessage> {
    const line = this.stdout.find((candidate) => {
      const message = parse(candidate)
      return message?.id === id && (message.result !== undefined || message.error !== undefined)
    })
    return parse(await this.within(answerLimitMs, `the answer to ${JSON.stringify(id)}`, line)) as RawMessage
  }

  close() {
    this.child.stdin?.end()
    return this.ended()
  }
}

/** Starts the bundle of a server on stdio. It is ready when it answers; what is written earlier waits in the pipe. */
export function startStdio(launch: Launch): StdioServer {
  return new StdioProcess(launch)
}

function parse(line: string): RawMessage | undefined {
  try {
    return JSON.parse(line) as RawMessage
  } catch {
    return undefined
  }
}
