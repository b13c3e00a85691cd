import { type IncomingHttpHeaders, request as sendPlain } from 'node:http'
import { type Agent, request as sendSecure } from 'node:https'

const answerLimitMs = 15_000

export interface RawRequest {
  /** Default POST. */
  readonly method?: string
  /** Default `/mcp`. */
  readonly path?: string
  /** Added to the defaults of an MCP client; undefined leaves one out, several values make several lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** A string or bytes as they are, anything else as JSON. */
  readonly body?: unknown
  /** For https: whom to trust, and who to be. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string }
  /** Default: a connection of its own for each request. */
  readonly agent?: Agent
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON; of an event stream, its last message. Undefined when it is neither. */
  readonly json: unknown
}

/**
 * One HTTP request as it is written, by default on a connection of its own: unlike `fetch`, it sends any `Host` and `Origin`.
 *
 * @throws Error when the connection fails or no answer comes within 15 s
 */
export function rawHttp(url: URL, request: RawRequest): Promise<RawAnswer> {
  const { body } = request
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const defaults = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const headers = Object.entries({ ...defaults, ...request.headers }).filter((entry) => entry[1] !== undefined)
  const send = url.protocol === 'https:' ? sendSecure : sendPlain
  return new Promise((resolve, reject) => {
    const out = send(
      url,
      {
        method: request.method ?? 'POST',
        headers: Object.fromEntries(headers) as Record<string, string | string[]>,
        agent: request.agent ?? false,
        ...request.tls,
        // Otherwise an empty Host would be replaced by the right one.
        setHost: request.headers === undefined || !('host' in request.headers),
        signal: AbortSignal.timeout(answerLimitMs),
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: message(text) })
        })
      },
    )
    // A server that refuses early closes while the body is still being written; its answer is what counts.
    let answered = false
    out.on('response', () => (answered = true))
    out.on('error', (error) => answered || reject(error))
    out.end(bytes)
  })
}

function message(text: string): unknown {
  const events = text.split('\n').filter((line) => line.startsWith('data: '))
  try {
    return JSON.parse(events.at(-1)?.slice('data: '.length) ?? text) as unknown
  } catch {
    return undefined
  }
}
