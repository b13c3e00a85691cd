import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** ReadyForQuery ends every answer of PostgreSQL (manual, "Message Flow"): Z, its length, and the transaction's state. */
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5])

/** Between a server and PostgreSQL: can swallow an answer together with its connection, after the work was done. */
export class LossyProxy {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #waiting: { readonly statement: string; readonly lost: () => void } | undefined

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async start(postgresPort: number): Promise<LossyProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new LossyProxy(server, (server.address() as AddressInfo).port)
    server.on('connection', (client) => proxy.#join(client, connect(postgresPort, '127.0.0.1')))
    return proxy
  }

  /** The next message with this text is carried out, and its answer is lost. Resolves when it is. */
  loseAnswerTo(statement: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting = { statement, lost: resolve }
    return promise
  }

  /** Loses nothing any more. */
  calm(): void {
    this.#waiting = undefined
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket, postgres: Socket): void {
    let lost: (() => void) | undefined
    const end = () => {
      client.destroy()
      postgres.destroy()
    }
    for (const socket of [client, postgres]) {
      this.#sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        end()
      })
    }
    client.on('data', (chunk: Buffer) => {
      if (this.#waiting && chunk.includes(this.#waiting.statement)) {
        lost = this.#waiting.lost
        this.#waiting = undefined
      }
      postgres.write(chunk)
    })
    postgres.on('data', (chunk: Buffer) => {
      if (lost === undefined) return void client.write(chunk)
      if (!chunk.subarray(-6, -1).equals(readyForQuery)) return
      end()
      lost()
    })
  }
}
