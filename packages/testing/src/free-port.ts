import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port of the loopback interface that nobody listens on, for a server whose address has to be known before it starts.
 *
 * Below the ports that systems give to outgoing connections: a client that keeps trying a database which is down would
 * sooner or later be given the very port it dials, connect to itself, and hold the port against the restart.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(12_000, 32_000)
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return freePort()
  }
  server.close()
  await once(server, 'close')
  return port
}
