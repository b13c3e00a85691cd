import { ToolError } from '@postern/errors'

const timeoutMs = 5_000

interface VendorRequest {
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly key?: string
  readonly body?: object
  readonly signal: AbortSignal
}

/** One request to the fake upstream; its errors in the words that recovery understands (rule I9). */
export async function askVendor(url: string, request: VendorRequest): Promise<{ status: number; body: unknown }> {
  const { method = 'POST', path, key, body } = request
  let response: Response
  try {
    response = await fetch(`${url}/${path}`, {
      method,
      headers: key === undefined ? {} : { 'idempotency-key': key },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]),
    })
    const { status } = response
    if (status === 422) throw new ToolError('VALIDATION_ERROR', 'rule', 'The vendor does not want this entry.')
    if (status === 429)
      throw new ToolError('RATE_LIMITED', 'upstream_rate', 'The vendor is busy.', { retryAfterMs: 50 })
    if (status >= 500) throw new ToolError('UPSTREAM_UNAVAILABLE', 'outcome_unknown', 'The vendor failed.')
    return { status, body: await response.json() }
  } catch (cause) {
    if (cause instanceof ToolError) throw cause
    if (refused(cause)) throw new ToolError('UPSTREAM_UNAVAILABLE', 'refused', 'The vendor is not there.', { cause })
    throw new ToolError('UPSTREAM_TIMEOUT', 'outcome_unknown', 'The vendor gave no answer.', { cause })
  }
}

/** The connection was not even made, so nothing can have happened. */
function refused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}
