import { type RawAnswer, type RawRequest, rawHttp } from './raw-http.ts'
import { type Launch, ServerProcess, startLimitMs } from './server-process.ts'

export interface HttpLaunch extends Launch {
  /** The environment file: over HTTP nothing is chosen by default. */
  readonly environment: string
  /** For a server with `tls` in its environment file: what its clients present unless a request says otherwise. */
  readonly tls?: NonNullable<RawRequest['tls']>
}

/** A built server on HTTP, on ports of its own on the loopback interface. */
export interface HttpServer extends ServerProcess {
  /** The MCP endpoint. */
  readonly url: URL
  /** The operations listener: `/healthz`, `/readyz`, `/metrics`. */
  readonly operations: URL
  /** One HTTP request to the MCP listener, with any method, path, header (`Host` included) and body. */
  request(request?: RawRequest): Promise<RawAnswer>
  /** Status of the operations listener at `path`; undefined when nobody listens there. */
  status(path: '/healthz' | '/readyz' | '/metrics'): Promise<number | undefined>
}

class HttpProcess extends ServerProcess implements HttpServer {
  url = new URL('http://127.0.0.1')
  operations = new URL('http://127.0.0.1')
  readonly #tls: HttpLaunch['tls']

  constructor(launch: HttpLaunch) {
    super(launch)
    this.#tls = launch.tls
  }

  /** The ports stand in the line that announces them, so that none is guessed and none collides. */
  async listening(): Promise<this> {
    // When the process ends without it, its end is the news: it comes with everything the process has said.
    const found = this.stderr.find((line) => announced(line) !== undefined).catch(() => new Promise<never>(() => {}))
    const line = await this.within(startLimitMs, 'the line that says "listening"', found)
    const { mcp, operations } = announced(line) ?? { mcp: '', operations: '' }
    this.url = new URL(`${this.#tls ? 'https' : 'http'}://${mcp}/mcp`)
    this.operations = new URL(`http://${operations}`)
    return this
  }

  request(request: RawRequest = {}): Promise<RawAnswer> {
    return rawHttp(new URL(request.path ?? '/mcp', this.url), { ...(this.#tls && { tls: this.#tls }), ...request })
  }

  async status(path: string): Promise<number | undefined> {
    try {
      return (await rawHttp(new URL(path, this.operations), { method: 'GET' })).status
    } catch {
      return undefined
    }
  }
}

/**
 * Starts the bundle of a server on HTTP and waits until it listens, at most 15 s.
 *
 * @throws Error with what the process wrote to stderr
 */
export async function startHttp(launch: HttpLaunch): Promise<HttpServer> {
  const server = new HttpProcess({
    ...launch,
    args: ['--http', ...(launch.args ?? [])],
    env: {
      POSTERN_HOST: '127.0.0.1',
      POSTERN_PORT: '0',
      POSTERN_OPS_PORT: '0',
      POSTERN_ENVIRONMENT: launch.environment,
      ...launch.env,
    },
  })
  try {
    return await server.listening()
  } catch (error) {
    await server.kill()
    throw error
  }
}

function announced(line: string): { mcp: string; operations: string } | undefined {
  try {
    const entry = JSON.parse(line) as { msg?: unknown; mcp?: unknown; operations?: unknown }
    if (entry.msg !== 'listening' || typeof entry.mcp !== 'string' || typeof entry.operations !== 'string')
      return undefined
    return { mcp: entry.mcp, operations: entry.operations }
  } catch {
    return undefined
  }
}
