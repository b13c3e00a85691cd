import { type ChildProcess, spawn } from 'node:child_process'
import { Lines } from './lines.ts'
import { bundleOf } from './repository.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { within } from './within.ts'

/** How a built server is started. */
export interface Launch {
  /** Folder name under `servers/`. */
  readonly server: string
  /** A program of a test that serves like the bundle's, to be run instead of it. */
  readonly main?: string
  readonly args?: readonly string[]
  /** Added to a clean environment: no `POSTERN_*` variable of the test's own process gets through. */
  readonly env?: Readonly<Record<string, string>>
  /** An existing data directory, which is then the caller's to remove. Default: a fresh one, removed with the process. */
  readonly data?: string
  /** The Node.js to run it with; default is the one that runs the test. */
  readonly node?: string
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export const startLimitMs = 15_000
const stopLimitMs = 15_000

/** A server as a real process of its own, with everything it writes. */
export class ServerProcess {
  readonly data: string
  readonly stdout: Lines
  readonly stderr: Lines
  /** Resolves when the process is gone and its output is complete. */
  readonly exited: Promise<Exit>
  readonly child: ChildProcess
  #exit: Exit | undefined

  constructor(launch: Launch) {
    const own = launch.data === undefined ? temporaryDirectory() : undefined
    this.data = launch.data ?? own?.path ?? ''
    const { command, args, env } = commandOf({ ...launch, data: this.data })
    this.child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdout, stderr, stdin } = this.child
    if (!stdout || !stderr || !stdin) throw new Error('the process was started without pipes')
    // Writing to a process that has just died is part of some tests.
    stdin.on('error', () => undefined)
    this.stdout = new Lines(stdout)
    this.stderr = new Lines(stderr)
    this.exited = new Promise((resolve, reject) => {
      this.child.on('error', reject)
      this.child.on('close', (code, signal) => {
        this.#exit = { code, signal }
        own?.remove()
        resolve(this.#exit)
      })
    })
    this.exited.catch(() => undefined)
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get running(): boolean {
    return this.#exit === undefined
  }

  /** Waits for `promise`, and shows what the process has written if it does not come, or if the process ends first. */
  async within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
    const gone = this.exited.then(({ code, signal }): never => {
      throw new Error(`${what}: the process ended (${signal ?? code}).\n${this.said()}`)
    })
    // When both are due, the answer counts and not the end of the process.
    return within(limitMs, what, Promise.race([promise, gone.catch((error) => late(error))]), () => this.said())
  }

  /** SIGTERM, then the exit. */
  async stop(): Promise<Exit> {
    if (this.running) this.child.kill('SIGTERM')
    return this.ended()
  }

  /** SIGKILL: no chance to write anything more. */
  async kill(): Promise<Exit> {
    if (this.running) this.child.kill('SIGKILL')
    return this.ended()
  }

  ended(): Promise<Exit> {
    return within(stopLimitMs, `the end of process ${this.pid}`, this.exited, () => this.said())
  }

  said(): string {
    return `stderr:\n${this.stderr.text}`
  }
}

/** Lets everything that was already on its way arrive first. */
function late(error: unknown): Promise<never> {
  return new Promise((_, reject) => setImmediate(() => reject(error)))
}

/** The command line and environment of a launch, for clients that start a process themselves. */
export function commandOf(launch: Launch & { readonly data: string }): {
  command: string
  args: string[]
  env: Record<string, string>
} {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('POSTERN_'),
  )
  return {
    command: launch.node ?? process.execPath,
    args: [launch.main ?? bundleOf(launch.server), ...(launch.args ?? [])],
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', POSTERN_DATA: launch.data, ...launch.env },
  }
}
