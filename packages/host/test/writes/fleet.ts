import { join } from 'node:path'
import { type HttpServer, startHttp } from '@postern/testing'
import type { Stage } from './stage.ts'

/** What a process has to be like for the fault it is to meet. */
export interface Kind {
  readonly path: 'direct' | 'lossy'
  readonly leaseMs: number
}

/** The processes of a server: those that are struck, and one beside them that goes on. */
export class Fleet {
  readonly #stage: Stage
  readonly #spares = new Map<string, Promise<HttpServer>>()
  readonly #running = new Set<HttpServer>()
  readonly #witness: Promise<HttpServer>

  constructor(stage: Stage, kind: Kind) {
    this.#stage = stage
    this.#witness = this.#ahead(kind)
  }

  /** Another replica, to which the driver turns after a fault. */
  get witness(): Promise<HttpServer> {
    return this.#witness
  }

  /** Starts a process ahead of its use. */
  prepare(kind: Kind): void {
    const name = nameOf(kind)
    if (!this.#spares.has(name)) this.#spares.set(name, this.#ahead(kind))
  }

  take(kind: Kind): Promise<HttpServer> {
    this.prepare(kind)
    const spare = this.#spares.get(nameOf(kind)) as Promise<HttpServer>
    this.#spares.delete(nameOf(kind))
    return spare
  }

  /** A process that has survived its fault is as good as new. */
  async giveBack(server: HttpServer, kind: Kind): Promise<void> {
    if (this.#spares.has(nameOf(kind))) return void (await this.stop(server))
    this.#spares.set(nameOf(kind), Promise.resolve(server))
  }

  async stop(server: HttpServer): Promise<void> {
    await server.stop()
    this.#running.delete(server)
  }

  async kill(server: HttpServer): Promise<void> {
    await server.kill()
    this.#running.delete(server)
  }

  /** Ends all of them in order, so that their last records are written. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#witness, ...this.#spares.values()])
    await Promise.all([...this.#running].map((server) => this.stop(server)))
  }

  /** A start that fails is told to whoever takes the process, and to nobody before. */
  #ahead(kind: Kind): Promise<HttpServer> {
    const starting = this.#start(kind)
    starting.catch(() => undefined)
    return starting
  }

  async #start({ path, leaseMs }: Kind): Promise<HttpServer> {
    const { subject, data } = this.#stage
    const server = await startHttp({
      server: subject.server.name,
      main: subject.main,
      environment: this.#stage.environmentFile(path),
      data,
      env: { TRIAL_LEASE_MS: String(leaseMs), NODE_COMPILE_CACHE: join(data, 'compile-cache') },
    })
    this.#running.add(server)
    return server
  }
}

const nameOf = ({ path, leaseMs }: Kind): string => `${path} ${leaseMs}`
