import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CliError } from './cli-error.ts'

const answerLimitMs = 60_000

/** A server of this checkout. */
export interface Bundle {
  /** Name of its folder. */
  readonly name: string
  /** `dist/main.mjs`: what runs the server, and what a command asks about it. */
  readonly main: string
  readonly built: boolean
  /** The environment file for development. */
  readonly development: string
}

/** What `main.mjs describe` says, as far as commands use it. */
export interface Description {
  readonly name: string
  readonly version: string
  readonly title: string
  readonly listen: { readonly port: number; readonly ops_port: number }
  readonly imports: { readonly noun: string; readonly columns: Readonly<Record<string, string>> } | null
}

/**
 * The servers beside this bundle: `<checkout>/packages/cli/dist/main.mjs` finds `<checkout>/servers/*`.
 *
 * @throws CliError when there are none
 */
export function bundles(checkout = checkoutOf(import.meta.dirname)): Bundle[] {
  const servers = join(checkout, 'servers')
  const names = existsSync(servers) ? readdirSync(servers).sort() : []
  const found = names.flatMap((name) => {
    const folder = join(servers, name)
    if (!existsSync(join(folder, 'package.json'))) return []
    const main = join(folder, 'dist', 'main.mjs')
    return [{ name, main, built: existsSync(main), development: join(folder, 'environments', 'development.yaml') }]
  })
  if (found.length === 0)
    throw new CliError([`There are no servers in ${servers}. postern works inside a checkout of Postern.`])
  return found
}

/** From `packages/cli/dist` and, in tests, from `packages/cli/src`. */
function checkoutOf(directory: string): string {
  return resolve(directory, '..', '..', '..')
}

export interface Answered {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface AskOptions {
  /** Passes on what it says on stderr meanwhile, instead of keeping it. */
  readonly tellStderr?: boolean
  readonly env?: NodeJS.ProcessEnv
  /** For work that takes as long as there is data; everything else has to answer within a minute. */
  readonly unlimited?: boolean
  /** Lets it read what is piped into this program. */
  readonly stdin?: 'ignore' | 'inherit'
}

/** Runs a sub-command of a server's bundle, as a process of its own. */
export async function ask(
  bundle: Bundle,
  args: readonly string[],
  { tellStderr = false, env = process.env, unlimited = tellStderr, stdin = 'ignore' }: AskOptions = {},
): Promise<Answered> {
  requireBuilt(bundle)
  const child = spawn(process.execPath, [bundle.main, ...args], {
    env,
    stdio: [stdin, 'pipe', tellStderr ? 'inherit' : 'pipe'],
    ...(!unlimited && { timeout: answerLimitMs }),
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise<number | null>((settle, reject) => {
    child.on('error', reject)
    child.on('close', settle)
  })
  return { code, stdout, stderr }
}

/** Lets a bundle have stdin, stdout and stderr, until it ends. @returns its exit code */
export async function runBundle(bundle: Bundle, args: readonly string[]): Promise<number> {
  requireBuilt(bundle)
  const child = spawn(process.execPath, [bundle.main, ...args], { stdio: 'inherit' })
  const end = () => child.kill('SIGTERM')
  process.once('SIGTERM', end)
  // On a terminal it reaches the child by itself; this program has to stay until that has ended.
  const stay = () => {}
  process.on('SIGINT', stay)
  const code = await new Promise<number | null>((settle, reject) => {
    child.on('error', reject)
    child.on('close', settle)
  })
  process.off('SIGTERM', end)
  process.off('SIGINT', stay)
  return code ?? 1
}

/** @throws CliError with what the bundle said, when it did not answer */
export async function describeBundle(bundle: Bundle): Promise<Description> {
  const { code, stdout, stderr } = await ask(bundle, ['describe'])
  if (code !== 0) throw new CliError([`${bundle.name} cannot describe itself.`, ...stderr.trim().split('\n')])
  return JSON.parse(stdout) as Description
}

export function requireBuilt(bundle: Bundle): void {
  if (!bundle.built)
    throw new CliError([`${bundle.name} is not built: ${bundle.main} does not exist. Run "npm run build".`])
}
