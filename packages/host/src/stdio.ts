import type { RequestId } from '@modelcontextprotocol/server'
import { serveStdio as serveSdk } from '@modelcontextprotocol/server/stdio'
import type { AskedStates } from './approval-question.ts'
import type { Logger } from './logger.ts'
import { type Identify, mcpServer } from './mcp-server.ts'
import type { Runtime } from './runtime.ts'
import { graceMs } from './shutdown.ts'
import { stdioTransport } from './stdio-transport.ts'
import { UnrecordedCalls } from './unrecorded-calls.ts'

const subscriptionsMax = 4

/**
 * Serves one client over stdin and stdout.
 *
 * @returns `closed` resolves when the client has closed stdin; `close` answers what is open, then ends the protocol
 */
export function serveStdio(
  runtime: Runtime,
  identify: Identify,
  states: AskedStates,
  log: Logger,
): { closed: Promise<void>; close(): Promise<void> } {
  // stdout belongs to the protocol: what a dependency prints by accident goes to stderr instead of breaking it.
  for (const method of ['log', 'info', 'debug', 'trace', 'dir', 'table'] as const)
    console[method] = (...words: unknown[]) =>
      log.warn({ words: words.map(String).join(' ').slice(0, 500) }, 'printed by a dependency')
  const unrecorded = new UnrecordedCalls(runtime)
  const { transport, ended, answered } = stdioTransport(process.stdin, process.stdout, unrecorded)
  // A client that went away must not turn the next answer into a crash.
  process.stdout.on('error', () => process.stdin.destroy())
  const onCall = (call: RequestId) => unrecorded.reached(call)
  const handle = serveSdk((context) => mcpServer(runtime, context, identify, states, onCall), {
    maxSubscriptions: subscriptionsMax,
    onerror: (error) => log.debug({ err: error }, 'protocol error'),
    transport,
  })
  return {
    closed: ended,
    async close() {
      await answered(graceMs)
      await handle.close()
    },
  }
}
