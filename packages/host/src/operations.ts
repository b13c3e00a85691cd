import { createServer, type Server } from 'node:http'

const readyTimeoutMs = 2000

/** What the operations listener tells: whether the process lives, whether it may get traffic, and its figures. */
export interface Operations {
  /** @throws anything when traffic should go elsewhere */
  ready(signal: AbortSignal): Promise<void>
  metrics(): string
}

/**
 * `/healthz`, `/readyz` and `/metrics` on a listener of their own, without token and Host check, so that kubelet and
 * Prometheus reach them. Nothing else is here, and nothing here tells about a caller or a record.
 */
export function operations(what: Operations): Server {
  const server = createServer((request, response) => {
    const answer = (status: number, body: string) =>
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body)
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'Use GET.\n')
    switch ((request.url ?? '').split('?')[0]) {
      case '/healthz':
        return answer(200, 'ok\n')
      case '/readyz':
        return void what.ready(AbortSignal.timeout(readyTimeoutMs)).then(
          () => answer(200, 'ready\n'),
          (error: unknown) => answer(503, `not ready: ${error instanceof Error ? error.message : 'unknown'}\n`),
        )
      case '/metrics':
        return answer(200, what.metrics())
      default:
        return answer(404, 'Not found. Here are /healthz, /readyz and /metrics.\n')
    }
  })
  server.headersTimeout = 5000
  server.requestTimeout = 5000
  server.maxHeadersCount = 50
  return server
}
