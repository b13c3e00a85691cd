import type { Readable, Writable } from 'node:stream'
import { type JSONRPCMessage, parseJSONRPCMessage, type Transport } from '@modelcontextprotocol/server'

/** Longer than any message that our limits let through; a longer one is refused without being kept. */
const lineBytesMax = 4 * 1024 * 1024

/** Lines in, lines out, and word of when all that came in has been answered. */
export interface StdioTransport {
  readonly transport: Transport
  /** Resolves when the client has closed its end. What came before may still be unanswered. */
  readonly ended: Promise<void>
  /** Resolves when every request is answered or cancelled, or after `limitMs`. */
  answered(limitMs: number): Promise<void>
}

/** Sees every message on its way, and may have the protocol wait. When a promise of its rejects, the call is refused. */
export interface Watch {
  received(message: JSONRPCMessage): Promise<void> | undefined
  /** Something that is no message. */
  refused(value: unknown): Promise<void> | undefined
  answering(message: JSONRPCMessage): Promise<void> | undefined
}

const unwatched: Watch = { received: () => undefined, refused: () => undefined, answering: () => undefined }
const notRecorded = 'This call cannot be recorded right now. Try again in a minute.'

/**
 * stdin and stdout as a transport that owes an answer to whatever came in before the end.
 *
 * The SDK's own skips a line it cannot read, so that its sender waits for ever, and aborts what is in flight when stdin
 * closes, so that `printf … | main.mjs` would be answered or not by chance.
 */
export function stdioTransport(stdin: Readable, stdout: Writable, watch = unwatched): StdioTransport {
  const open = new Set<unknown>()
  const waiting = new Set<() => void>()

  const settle = (id: unknown): void => {
    open.delete(id)
    if (open.size > 0) return
    for (const resolve of waiting) resolve()
    waiting.clear()
  }
  const write = (message: unknown): Promise<void> =>
    new Promise((resolve) => {
      if (stdout.destroyed || stdout.write(`${JSON.stringify(message)}\n`)) resolve()
      else stdout.once('drain', resolve).once('close', resolve)
    })
  const transport: Transport = {
    async start() {
      stdin.on('error', (error) => transport.onerror?.(error))
      stdout.once('error', (error) => {
        transport.onerror?.(error)
        void transport.close()
      })
      readLines(stdin, receive, () => refuse(-32600, 'Invalid Request: the message is too long.'))
    },
    async close() {
      // The client is gone, and nobody can be answered any more.
      open.clear()
      settle(undefined)
      stdin.pause()
      transport.onclose?.()
    },
    async send(message) {
      try {
        await watch.answering(message)
        await write(message)
      } catch {
        refuse(-32603, notRecorded, idOf(message))
      } finally {
        if ('id' in message && !('method' in message)) settle(message.id)
      }
    },
  }

  function refuse(code: number, message: string, id: unknown = null): void {
    transport.onerror?.(new Error(message))
    void write({ jsonrpc: '2.0', id, error: { code, message } })
  }

  function receive(line: string): void {
    const value = parse(line)
    const message = messageOf(value)
    if (message === undefined) {
      if (value === undefined) refuse(-32700, 'Parse error: the line is not JSON.')
      else if (Array.isArray(value)) refuse(-32600, 'JSON-RPC batches are not supported; send one message per line.')
      else after(watch.refused(value), value, () => refuse(-32600, 'Invalid Request', idOf(value)))
      return
    }
    if ('method' in message && 'id' in message) open.add(message.id)
    else if ('method' in message && message.method === 'notifications/cancelled') settle(message.params?.['requestId'])
    after(watch.received(message), value, () => transport.onmessage?.(message))
  }

  function after(recorded: Promise<void> | undefined, value: unknown, go: () => void): void {
    const unrecorded = () => {
      refuse(-32603, notRecorded, idOf(value))
      settle(idOf(value))
    }
    if (recorded === undefined) go()
    else recorded.then(go, unrecorded)
  }

  return {
    transport,
    ended: new Promise((resolve) => {
      // Behind the last chunk, whose messages are noted by then.
      const end = () => setImmediate(resolve)
      stdin.once('end', end)
      stdin.once('close', end)
    }),
    async answered(limitMs) {
      if (open.size === 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.add(resolve)
      const timer = setTimeout(resolve, limitMs)
      await promise
      clearTimeout(timer)
    },
  }
}

/** Cuts chunks into lines. Of a line that is too long nothing is kept, and what follows it is read as usual. */
function readLines(stdin: Readable, onLine: (line: string) => void, onTooLong: () => void): void {
  let parts: Buffer[] = []
  let bytes = 0
  const take = (part: Buffer): void => {
    bytes += part.length
    if (bytes <= lineBytesMax) parts.push(part)
    else parts = []
  }
  const finish = (): void => {
    const [line, tooLong] = [Buffer.concat(parts).toString('utf8').trim(), bytes > lineBytesMax]
    parts = []
    bytes = 0
    if (tooLong) onTooLong()
    else if (line !== '') onLine(line)
  }
  stdin.on('data', (chunk: Buffer) => {
    let from = 0
    for (let end = chunk.indexOf(10, from); end >= 0; end = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, end))
      finish()
      from = end + 1
    }
    if (from < chunk.length) take(chunk.subarray(from))
  })
  // A last line without its line end is a line all the same.
  stdin.once('end', finish)
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}

function messageOf(value: unknown): JSONRPCMessage | undefined {
  try {
    return parseJSONRPCMessage(value)
  } catch {
    return undefined
  }
}

function idOf(value: unknown): string | number | null {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null
  return typeof id === 'string' || typeof id === 'number' ? id : null
}
