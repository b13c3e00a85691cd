import type { ServerProcess } from './server-process.ts'

/** What both client libraries want of a transport, as far as lines need it. */
export interface PipeTransport {
  onmessage?: ((message: never) => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onclose?: (() => void) | undefined
  start(): Promise<void>
  send(message: unknown): Promise<void>
  close(): Promise<void>
}

/** Speaks to a process that is already running, so that a test keeps the process in its own hands. */
export function pipeTransport(server: ServerProcess): PipeTransport {
  const transport: PipeTransport = {
    async start() {
      void read()
    },
    async send(message) {
      if (!server.running) throw new Error('the process has ended')
      server.child.stdin?.write(`${JSON.stringify(message)}\n`)
    },
    async close() {
      server.child.stdin?.end()
      transport.onclose?.()
    },
  }
  async function read(): Promise<void> {
    for (let from = server.stdout.all.length; ; from++) {
      const line = await server.stdout.find(() => true, from).catch(() => undefined)
      // The process is gone, and nothing will answer what is still waiting.
      if (line === undefined) return transport.onclose?.()
      try {
        transport.onmessage?.(JSON.parse(line) as never)
      } catch (error) {
        transport.onerror?.(error as Error)
      }
    }
  }
  return transport
}
