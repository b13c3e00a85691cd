import { setTimeout as delay } from 'node:timers/promises'
import { readLine } from './read-line.ts'
import type { Trail } from './trail.ts'

/** The last record of each chain that was taken. */
export type Cursor = Readonly<Record<string, number>>

export interface Followed {
  /** Records as written, in the order of their chain. */
  readonly lines: readonly string[]
  /** To go on behind them. */
  readonly cursor: Cursor
}

export interface FollowOptions {
  readonly trail: Trail
  readonly cursor?: Cursor
  /** Ends the following. */
  readonly signal: AbortSignal
  /** Time between looks for new records, in milliseconds. Default 1,000. */
  readonly pollMs?: number
  /** Ends when there is nothing more, instead of waiting. */
  readonly once?: boolean
}

/** Every record from the cursor on, and then every new one: to forward them to where others look for logs. */
export async function* follow(options: FollowOptions): AsyncGenerator<Followed> {
  const { trail, signal, pollMs = 1_000, once = false } = options
  let cursor: Cursor = options.cursor ?? {}
  while (!signal.aborted) {
    for (const chain of await trail.chains())
      for await (const { lines } of trail.linesAfter(chain, cursor[chain] ?? 0)) {
        const fresh = lines.filter((line) => (readLine(line)?.seq ?? 0) > (cursor[chain] ?? 0))
        const last = fresh.at(-1)
        if (last === undefined) continue
        const next = { ...cursor, [chain]: readLine(last)?.seq ?? 0 }
        yield { lines: fresh, cursor: next }
        cursor = next
      }
    if (once) return
    await delay(pollMs, undefined, { signal }).catch(() => {})
  }
}
