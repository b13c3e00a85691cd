/**
 * What the fake upstream does instead of serving a request well. It strikes once for each marker: the first request that
 * writes for it; the next one is served.
 *
 * - `hang`: never answers
 * - `hold`: waits until it is released, then goes on as if nothing had been
 * - `slow`: waits `ms` milliseconds, then goes on
 * - `reset`: closes the connection
 * - `kill`: kills process `pid` with SIGKILL, then closes the connection
 * - `unavailable`: 503, `limit`: 429, `refuse`: 422
 */
export interface UpstreamFault {
  readonly do: 'hang' | 'hold' | 'slow' | 'reset' | 'kill' | 'unavailable' | 'limit' | 'refuse'
  /** Before the request has its effect, or after: then it happened, and nobody is told. */
  readonly at: 'before' | 'after'
  readonly pid?: number
  readonly ms?: number
}
