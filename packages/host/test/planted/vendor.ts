import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** Stands at the vendor's edge and answers every request with the bytes that it was told, good HTTP or not. */
export interface Vendor {
  readonly url: string
  /** How many requests have come. */
  readonly requests: number
  /** Bytes of an answer; undefined closes the connection without one. */
  answer: string | undefined
  stop(): Promise<void>
}

export async function startVendor(): Promise<Vendor> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => undefined)
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (!isWhole(received)) return
      received = ''
      vendor.requests += 1
      // Each answer ends its connection, so that none is taken for that to a later request.
      if (vendor.answer === undefined) socket.destroy()
      else socket.end(vendor.answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const vendor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: 0,
    answer: undefined as string | undefined,
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return vendor
}

function isWhole(request: string): boolean {
  const [head = '', body] = request.split('\r\n\r\n')
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
  return body !== undefined && body.length >= length
}
