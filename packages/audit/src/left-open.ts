import { parseLine, readLine } from './read-line.ts'
import type { AuditRecord } from './record.ts'
import type { PrunableTrail } from './trail.ts'

const firstWindowRecords = 1_000
const windowGrowth = 8
/** With PostgreSQL a record is stamped before it waits for the chain, so that a few stand out of order. */
const disorderUs = 10_000_000

/**
 * The writes at the end of a chain that have an intent and no outcome there. Call it when nobody writes to the chain.
 *
 * Reads back only as far as a record says that older writes are closed: a heartbeat, a start or a stop.
 */
export async function leftOpen(trail: PrunableTrail, chain: string): Promise<readonly AuditRecord[]> {
  const seq = parseLine((await trail.tail(chain)) ?? '')?.seq ?? 0
  for (let records = firstWindowRecords; ; records *= windowGrowth) {
    const window = await readWindow(trail, chain, Math.max(0, seq - records))
    if (window.reachesBack || records >= seq) return window.open
  }
}

/** Its last writer stopped in order and had closed every write; or it holds nothing at all. */
export async function endsWell(trail: PrunableTrail, chain: string): Promise<boolean> {
  const tail = await trail.tail(chain)
  if (tail === undefined) return true
  const { phase, detail } = parseLine(tail) ?? {}
  return phase === 'stop' && detail?.['open'] === 0
}

interface Window {
  readonly open: readonly AuditRecord[]
  /** Older writes than those in view are closed. */
  readonly reachesBack: boolean
}

async function readWindow(trail: PrunableTrail, chain: string, after: number): Promise<Window> {
  const intents = new Map<string, string>()
  let reachesBack = false
  /** Since when all of the present process is in view, by its own clock. */
  let since = Number.POSITIVE_INFINITY
  for await (const { lines } of trail.linesAfter(chain, after))
    for (const line of lines) {
      const head = readLine(line)
      if (head === undefined || head.seq <= after) continue
      since = head.phase === 'start' ? Number.NEGATIVE_INFINITY : Math.min(since, head.mono)
      if (head.detailed) reachesBack = saysClosedBefore(line, since) ?? reachesBack
      if (head.phase === 'intent' || head.phase === 'outcome') {
        const request = parseLine(line)?.request ?? ''
        if (head.phase === 'intent') intents.set(request, line)
        else intents.delete(request)
      }
    }
  return { open: [...intents.values()].flatMap((line) => parseLine(line) ?? []), reachesBack }
}

/** What a record says of older writes, if it says anything: whether those that were open are all in view. */
function saysClosedBefore(line: string, since: number): boolean | undefined {
  const { open, open_since } = parseLine(line)?.detail ?? {}
  if (typeof open !== 'number') return undefined
  return open === 0 || (typeof open_since === 'number' && since < open_since - disorderUs)
}
