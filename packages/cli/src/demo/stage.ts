import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bundle, requireBuilt } from '../bundles.ts'
import { type Connection, connectHttp, connectStdio } from './connection.ts'
import { type HttpServer, startHttpServer } from './http-server.ts'
import { runCommand } from './run-command.ts'
import type { Reply, Scene, Via } from './scene.ts'

/** The processes and connections of one scene, on fresh data, opened when a step needs them. */
export class Stage {
  readonly data: string = mkdtempSync(join(tmpdir(), 'postern-demo-'))
  /** The environment file. */
  readonly policy: string
  readonly #bundle: Bundle
  readonly #open = new Map<string, Connection>()
  readonly #pids: (() => number | undefined)[] = []
  #http: HttpServer | undefined

  constructor(bundle: Bundle, rule?: Scene['rule']) {
    requireBuilt(bundle)
    this.#bundle = bundle
    this.policy = rule === undefined ? bundle.development : join(this.data, 'policy.yaml')
    if (rule !== undefined)
      writeFileSync(this.policy, `${readFileSync(bundle.development, 'utf8').trimEnd()}\n${rule.yaml}\n`)
    // However the program ends, a closed pipe included.
    process.once('exit', this.#remove)
  }

  async connection(via: Via): Promise<Connection> {
    const known = this.#open.get(key(via))
    if (known) return known
    const opened = via.transport === 'http' ? await this.#connectHttp() : await this.#connectStdio(via)
    this.#open.set(key(via), opened)
    return opened
  }

  /** `postern …`, in the deployment of this scene. */
  command(args: readonly string[], as: string): Promise<Reply> {
    return runCommand(args, { ...this.#environment(), POSTERN_PRINCIPAL: as })
  }

  /** @returns the process that is gone */
  async kill(via: Via): Promise<number> {
    const connection = await this.connection(via)
    if (connection.pid === undefined) throw new TypeError('only a process on stdio can be killed in a scene')
    const { pid } = connection
    process.kill(pid, 'SIGKILL')
    this.#open.delete(key(via))
    await connection.close().catch(() => undefined)
    return pid
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((connection) => connection.close().catch(() => undefined)))
    await this.#http?.stop()
    this.#remove()
    process.off('exit', this.#remove)
  }

  #remove = (): void => {
    this.#http?.kill()
    // Servers on stdio end by themselves, but would record that in a directory which is gone by then.
    for (const pid of this.#pids) killed(pid())
    rmSync(this.data, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }

  #connectStdio(via: Via): Promise<Connection> {
    const env = {
      ...this.#environment(),
      ...(via.as && { POSTERN_PRINCIPAL: via.as }),
      ...(via.purpose && { POSTERN_PURPOSE: via.purpose }),
    }
    return connectStdio(this.#bundle.main, env, (pid) => this.#pids.push(pid))
  }

  async #connectHttp(): Promise<Connection> {
    this.#http ??= await startHttpServer(this.#bundle.main, this.#environment())
    return connectHttp(this.#http.url)
  }

  /** A clean one: settings of the person's own servers must not reach the demonstration. */
  #environment(): Record<string, string> {
    const inherited = Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('POSTERN_'),
    )
    return {
      ...Object.fromEntries(inherited),
      POSTERN_DATA: this.data,
      POSTERN_ENVIRONMENT: this.policy,
    }
  }
}

const key = ({ transport, as = '', purpose = '' }: Via): string => `${transport} ${as} ${purpose}`

function killed(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
  } catch {
    // It was faster.
  }
}
