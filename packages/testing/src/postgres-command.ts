import { once } from 'node:events'
import { connect } from 'node:net'

/**
 * Runs one statement as superuser, without a driver (only the store may have one): a start-up message, a simple query,
 * and the answer up to ReadyForQuery (PostgreSQL manual, "Message Flow").
 *
 * @throws Error with the server's words
 */
export async function postgresCommand(port: number, sql: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const startup = 'user\0postgres\0database\0postgres\0\0'
  socket.write(Buffer.concat([int32(8 + startup.length), int32(0x30000), Buffer.from(startup)]))
  let received = Buffer.alloc(0)
  let ready = 0
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk])
    for (let size = messageSize(received); size !== undefined; size = messageSize(received)) {
      const type = String.fromCharCode(received[0] ?? 0)
      const body = received.subarray(5, size)
      received = received.subarray(size)
      if (type === 'E') throw new Error(`${sql}: ${body.toString().replaceAll('\0', ' ')}`)
      if (type !== 'Z') continue
      ready += 1
      if (ready === 2) return
      const query = Buffer.from(`${sql}\0`)
      socket.write(Buffer.concat([Buffer.from('Q'), int32(4 + query.length), query]))
    }
  }
  throw new Error(`${sql}: the connection ended`)
}

function messageSize(received: Buffer): number | undefined {
  if (received.length < 5) return undefined
  const size = 1 + received.readInt32BE(1)
  return received.length < size ? undefined : size
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
