import { Readable, type Writable } from 'node:stream'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'

/** Lines in, lines out, and word of when all that came in has been answered. */
export interface StdioTransport {
  readonly transport: Transport
  /** Resolves when the client has closed its end. What came before may still be unanswered. */
  readonly ended: Promise<void>
  /** Resolves when every request is answered or cancelled, or after `limitMs`. */
  answered(limitMs: number): Promise<void>
}

/**
 * stdin and stdout as a transport that owes an answer to whatever came in before the end: the SDK's own aborts what is
 * in flight when stdin closes, so that `printf … | main.mjs` would be answered or not by chance.
 */
export function stdioTransport(stdin: Readable, stdout: Writable): StdioTransport {
  // Never ends: the end of stdin is ours to handle.
  const lines = new Readable({ read: () => undefined })
  const inner = new StdioServerTransport(lines, stdout)
  const open = new Set<unknown>()
  const waiting = new Set<() => void>()

  function settle(id: unknown): void {
    open.delete(id)
    if (open.size > 0) return
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  const transport: Transport = {
    start: () => inner.start(),
    close: () => inner.close(),
    async send(message) {
      try {
        await inner.send(message)
      } finally {
        if ('id' in message && !('method' in message)) settle(message.id)
      }
    },
  }
  inner.onclose = () => {
    // The client is gone, and nobody can be answered any more.
    open.clear()
    settle(undefined)
    transport.onclose?.()
  }
  inner.onerror = (error) => transport.onerror?.(error)
  inner.onmessage = (message: JSONRPCMessage) => {
    if ('method' in message && 'id' in message) open.add(message.id)
    else if ('method' in message && message.method === 'notifications/cancelled') settle(message.params?.['requestId'])
    transport.onmessage?.(message)
  }
  stdin.on('data', (chunk: Buffer) => lines.push(chunk))
  stdin.on('error', (error) => transport.onerror?.(error))
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
