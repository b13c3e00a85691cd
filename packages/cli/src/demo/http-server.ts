import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { CliError } from '../cli-error.ts'

const startLimitMs = 20_000
const saidLinesMax = 20

export interface HttpServer {
  readonly url: URL
  readonly pid: number | undefined
  /** At once: its data is thrown away, and a drain delay is for load balancers. */
  kill(): void
  /** Kills it and waits for the end. */
  stop(): Promise<void>
}

/**
 * Starts a bundle on HTTP, on free ports of the loopback interface, and waits until it says that it listens.
 *
 * @throws CliError with the last lines it wrote
 */
export async function startHttpServer(main: string, env: Readonly<Record<string, string>>): Promise<HttpServer> {
  const child = spawn(process.execPath, [main, '--http'], {
    env: { ...env, POSTERN_HOST: '127.0.0.1', POSTERN_PORT: '0', POSTERN_OPS_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const said: string[] = []
  const listening = new Promise<URL>((resolve) => {
    createInterface(child.stderr).on('line', (line) => {
      said.push(line)
      if (said.length > saidLinesMax) said.shift()
      const address = listeningAt(line)
      if (address !== undefined) resolve(new URL(`http://${address}/mcp`))
    })
  })
  const { promise: late, resolve: giveUp } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => giveUp(undefined), startLimitMs)
  const url = await Promise.race([listening, exited, late])
  clearTimeout(timer)
  if (url === undefined) {
    child.kill('SIGKILL')
    throw new CliError(['The server did not start on HTTP. It said:', ...said])
  }
  return {
    url,
    pid: child.pid,
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

function listeningAt(line: string): string | undefined {
  try {
    const { msg, mcp } = JSON.parse(line) as { msg?: unknown; mcp?: unknown }
    return msg === 'listening' && typeof mcp === 'string' ? mcp : undefined
  } catch {
    return undefined
  }
}
