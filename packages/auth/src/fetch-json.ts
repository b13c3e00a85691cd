export interface FetchLimits {
  readonly timeoutMs: number
  readonly bytesMax: number
}

export interface JsonRequest {
  readonly method?: 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: URLSearchParams
}

export interface JsonAnswer {
  readonly status: number
  readonly body: unknown
}

/**
 * One small JSON document from a configured address. No redirects, which would let the answer choose where we go; a
 * bound on time and on bytes after decompression.
 *
 * @throws Error with a text for the log; also for a body that is not JSON
 */
export async function fetchJson(url: string, request: JsonRequest, limits: FetchLimits): Promise<JsonAnswer> {
  const signal = AbortSignal.timeout(limits.timeoutMs)
  // A connection kept since the last request may be closed by the other side just now; these requests are too rare for
  // keeping one to be worth the failures.
  const headers = { ...request.headers, connection: 'close' }
  const response = await fetch(url, { ...request, headers, redirect: 'error', signal })
  if (response.status !== 200) {
    await response.body?.cancel()
    return { status: response.status, body: undefined }
  }
  return { status: 200, body: parse(await readText(response, limits.bytesMax)) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The message of JSON.parse quotes the answer, which belongs in no log.
    throw new Error('the answer is not JSON')
  }
}

async function readText(response: Response, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    // Leaving the loop cancels the body.
    if (bytes > bytesMax) throw new Error(`the answer is larger than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}

/** What failed, for the log: the messages of an error and its causes. `fetch` says only "fetch failed" by itself. */
export function reasonOf(error: unknown): string {
  const messages: string[] = []
  for (let here: unknown = error; here instanceof Error && messages.length < 4; here = here.cause)
    messages.push(here.message)
  return messages.join(': ').slice(0, 300) || 'unknown error'
}
