import { readFile, rename, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Cursor, follow } from './follow.ts'
import { otlpLogs } from './otlp-logs.ts'
import type { Trail } from './trail.ts'

export interface ForwardOptions {
  readonly trail: Trail
  /** Takes records; what it rejects is offered again, so that every record arrives at least once. */
  readonly deliver: (lines: readonly string[], signal: AbortSignal) => Promise<void>
  /** Remembers what was delivered. */
  readonly cursorFile: string
  readonly signal: AbortSignal
  readonly pollMs?: number
  readonly once?: boolean
  readonly onProblem?: (problem: string | undefined) => void
}

const batchRecords = 500
const retryMsFirst = 500
const retryMsMax = 30_000

/** Sends a trail somewhere else: the same lines, whoever takes them can verify what it got. Returns when aborted. */
export async function forward(options: ForwardOptions): Promise<void> {
  const { trail, signal, cursorFile, pollMs, once } = options
  const records = follow({
    trail,
    signal,
    cursor: await readCursor(cursorFile),
    ...(pollMs !== undefined && { pollMs }),
    ...(once !== undefined && { once }),
  })
  for await (const { lines, cursor } of records) {
    for (let at = 0; at < lines.length; at += batchRecords) await persist(options, lines.slice(at, at + batchRecords))
    if (signal.aborted) return
    await writeCursor(cursorFile, cursor)
  }
}

async function persist({ deliver, signal, onProblem }: ForwardOptions, lines: readonly string[]): Promise<void> {
  for (let wait = retryMsFirst; !signal.aborted; wait = Math.min(wait * 2, retryMsMax)) {
    try {
      await deliver(lines, signal)
      onProblem?.(undefined)
      return
    } catch (error) {
      onProblem?.((error as Error).message)
      await delay(wait, undefined, { signal }).catch(() => {})
    }
  }
}

async function readCursor(file: string): Promise<Cursor> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Cursor
  } catch {
    // None yet, or half of one: sending records twice is better than leaving some out.
    return {}
  }
}

async function writeCursor(file: string, cursor: Cursor): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(cursor), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** Delivers to an OTLP/HTTP endpoint (`…/v1/logs`), as JSON. */
export function toOtlp(url: string, post: typeof fetch = fetch): ForwardOptions['deliver'] {
  return async (lines, signal) => {
    const response = await post(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(otlpLogs(lines)),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(postTimeoutMs)]),
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`)
  }
}

const postTimeoutMs = 10_000
