import { setTimeout as delay } from 'node:timers/promises'
import { type LineHead, readLine } from './read-line.ts'
import type { PrunableTrail } from './trail.ts'

/** A record, by its place in its chain. */
export interface Position {
  readonly seq: number
  /** Tells it from another record with its number; old cursors do not have it. */
  readonly hash?: string
}

/** The last record of each chain that was taken. */
export type Cursor = Readonly<Record<string, Position>>

export interface Followed {
  /** Records as written, in the order of their chain; none where a chain is only about to begin again. */
  readonly lines: readonly string[]
  /** To go on behind them. */
  readonly cursor: Cursor
}

export interface FollowOptions {
  readonly trail: Pick<PrunableTrail, 'chains' | 'linesAfter' | 'tail'>
  readonly cursor?: Cursor
  /** Ends the following. */
  readonly signal: AbortSignal
  /** Time between looks for new records, in milliseconds. Default 1,000. */
  readonly pollMs?: number
  /** Ends when there is nothing more, instead of waiting. */
  readonly once?: boolean
  /** The chain was cut or replaced: it no longer holds the record that was taken last. */
  readonly onBegunAgain?: (chain: string, last: Position) => void
}

/**
 * Every record from the cursor on, and then every new one: to forward them to where others look for logs. A chain that
 * was cut or replaced begins again, so that nobody is blind to what somebody put there.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<Followed> {
  const { trail, signal, pollMs = 1_000, once = false, onBegunAgain } = options
  const ends: Chain['ends'] = new Map()
  let cursor: Cursor = options.cursor ?? {}
  while (!signal.aborted) {
    try {
      for (const chain of await trail.chains())
        for await (const { lines, last } of recordsOf({ trail, chain, ends }, cursor[chain])) {
          const { [chain]: before, ...others } = cursor
          if (last === undefined && before !== undefined) onBegunAgain?.(chain, before)
          cursor = last === undefined ? others : { ...others, [chain]: last }
          yield { lines, cursor }
        }
    } catch (error) {
      // A segment was removed after it had been listed: the next look shows what there is.
      if (once || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    if (once) return
    await delay(pollMs, undefined, { signal }).catch(() => {})
  }
}

interface Chain {
  readonly trail: FollowOptions['trail']
  readonly chain: string
  /** Last records of chains that began again for their sake. */
  readonly ends: Map<string, string | undefined>
}

interface Part {
  readonly lines: readonly string[]
  /** Nothing of this chain counts as taken where it is undefined. */
  readonly last: Position | undefined
}

/** What a chain holds behind a record; all of it, behind a part without records, where that record is not there. */
async function* recordsOf({ trail, chain, ends }: Chain, taken: Position | undefined): AsyncGenerator<Part> {
  // Asked first: what is written meanwhile must not look as if it could not be read.
  const end = taken && (await trail.tail(chain))
  // Once for each end: one that somebody added would never fit.
  const doubtful = taken !== undefined && (end === undefined || ends.get(chain) !== end)
  let last = taken
  for await (const { lines } of trail.linesAfter(chain, taken?.seq ?? 0)) {
    const fresh = lines.filter((line) => (readLine(line)?.seq ?? 0) > (last?.seq ?? 0))
    const [first, newest] = [readLine(fresh[0] ?? ''), readLine(fresh.at(-1) ?? '')]
    if (first === undefined || newest === undefined) continue
    if (doubtful && last === taken && !follows(first, taken)) return yield* fromTheFirst({ trail, chain, ends }, end)
    last = { seq: newest.seq, hash: newest.hash }
    yield { lines: fresh, last }
  }
  if (doubtful && last === taken && !endsWith(end, taken)) yield* fromTheFirst({ trail, chain, ends }, end)
}

async function* fromTheFirst(chain: Chain, end: string | undefined): AsyncGenerator<Part> {
  chain.ends.set(chain.chain, end)
  yield { lines: [], last: undefined }
  yield* recordsOf(chain, undefined)
}

function follows({ seq, prev }: LineHead, taken: Position): boolean {
  return seq === taken.seq + 1 && (taken.hash === undefined || prev === taken.hash)
}

/** Also where the end cannot be read: that says nothing of the record before it. */
function endsWith(end: string | undefined, taken: Position): boolean {
  if (end === undefined) return false
  const head = readLine(end)
  return head === undefined || (head.seq === taken.seq && (taken.hash === undefined || head.hash === taken.hash))
}
