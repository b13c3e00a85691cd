import { readFile, rename, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Cursor, type FollowOptions, follow, type Position } from './follow.ts'
import { otlpLogs } from './otlp-logs.ts'

export interface ForwardOptions extends Pick<FollowOptions, 'trail' | 'signal' | 'pollMs' | 'once' | 'onBegunAgain'> {
  /** Takes records; what it rejects is offered again, so that every record arrives at least once. */
  readonly deliver: (lines: readonly string[], signal: AbortSignal) => Promise<void>
  /** Remembers what was delivered. */
  readonly cursorFile: string
  /** Wait before the second try, in milliseconds; twice as long before each further one. Default 500. */
  readonly retryMs?: number
  readonly onProblem?: (problem: string | undefined) => void
}

const batchRecords = 500
const retryMsMax = 30_000
/** With `once`, where somebody waits for the end. */
const triesOnceMax = 4

/**
 * Sends a trail somewhere else: the same lines, whoever takes them can verify what it got. Returns when aborted.
 *
 * @returns with `once`, what went wrong where it gave up
 */
export async function forward(options: ForwardOptions): Promise<string | undefined> {
  const { cursorFile, signal } = options
  for await (const { lines, cursor } of follow({ ...options, cursor: await readCursor(cursorFile) })) {
    for (let at = 0; at < lines.length; at += batchRecords) {
      const problem = await persist(options, lines.slice(at, at + batchRecords))
      if (problem !== undefined) return problem
    }
    if (signal.aborted) return undefined
    await writeCursor(cursorFile, cursor)
  }
  return undefined
}

/** @returns what went wrong where it gave up */
async function persist(
  { deliver, signal, once = false, retryMs = 500, onProblem }: ForwardOptions,
  lines: readonly string[],
): Promise<string | undefined> {
  for (let wait = retryMs, tries = 1; !signal.aborted; wait = Math.min(wait * 2, retryMsMax), tries++) {
    try {
      await deliver(lines, signal)
      onProblem?.(undefined)
      return undefined
    } catch (error) {
      const { message } = error as Error
      if (signal.aborted) return undefined
      onProblem?.(message)
      if (once && tries === triesOnceMax) return message
      await delay(wait, undefined, { signal }).catch(() => {})
    }
  }
  return undefined
}

async function readCursor(file: string): Promise<Cursor> {
  try {
    const read = JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, Position | number>>
    // A number alone is how it was written once.
    const places = Object.entries(read).map(([chain, last]) => [chain, typeof last === 'number' ? { seq: last } : last])
    return Object.fromEntries(places)
  } catch {
    // None yet, or half of one: sending records twice is better than leaving some out.
    return {}
  }
}

async function writeCursor(file: string, cursor: Cursor): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(cursor), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/**
 * Delivers to an OTLP/HTTP endpoint (`…/v1/logs`), as JSON. Its errors name the host and the kind of failure, and nothing
 * else of the URL, which may hold a secret, or of what was answered.
 */
export function toOtlp(url: string, post: typeof fetch = fetch): ForwardOptions['deliver'] {
  const { host } = new URL(url)
  return async (lines, signal) => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(otlpLogs(lines)),
    }
    const limited = AbortSignal.any([signal, AbortSignal.timeout(postTimeoutMs)])
    const response = await post(url, { ...init, redirect: 'manual', signal: limited }).catch((error: unknown) => {
      throw new Error(`${host} ${failure(error)}`)
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`${host} answered ${response.status}`)
  }
}

const postTimeoutMs = 10_000

const failures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  EAI_AGAIN: 'has a name that cannot be looked up now',
  ENOTFOUND: 'has a name that is not known',
}

/** What kind of failure it was, by codes alone. */
function failure(error: unknown): string {
  const { name, cause } = error as Error
  if (name === 'TimeoutError') return `did not answer within ${postTimeoutMs / 1000} s`
  const code = String((cause as NodeJS.ErrnoException | undefined)?.code ?? '')
  if (!/^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return 'cannot be reached'
  return failures[code] ?? `cannot be reached (${code})`
}
