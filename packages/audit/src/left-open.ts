import { parseLine, readLine } from './read-line.ts'
import type { AuditRecord } from './record.ts'
import type { PrunableTrail } from './trail.ts'

export interface Stretch {
  readonly trail: PrunableTrail
  readonly chain: string
  /** The last record that counts. */
  readonly upTo: number
  readonly signal: AbortSignal
}

const firstWindowRecords = 1_000
const windowGrowth = 8
/** Further back is not looked: what was left open there stays listed by `verify`. */
const windowRecordsMax = 4_096_000
/** With PostgreSQL a record is stamped before it waits for the chain, so that a few stand out of order. */
const disorderUs = 10_000_000

/**
 * The writes of a chain that have an intent and no outcome up to a record.
 *
 * Reads back only as far as a heartbeat or a stop says that older writes are closed, which is a minute where its writers
 * had no trouble.
 */
export async function leftOpen(stretch: Stretch): Promise<readonly AuditRecord[]> {
  for (let records = firstWindowRecords; ; records *= windowGrowth) {
    const window = await readWindow(stretch, Math.max(0, stretch.upTo - records))
    if (window.reachesBack || records >= Math.min(stretch.upTo, windowRecordsMax)) return window.open
  }
}

/** Whether its writer stopped in order and had closed every write of the chain. */
export function endsWell(last: AuditRecord | undefined): boolean {
  return last?.phase === 'stop' && last.detail?.['open'] === 0
}

interface Window {
  readonly open: readonly AuditRecord[]
  /** Older writes than those in view are closed. */
  readonly reachesBack: boolean
}

async function readWindow({ trail, chain, upTo, signal }: Stretch, after: number): Promise<Window> {
  const intents = new Map<string, string>()
  let reachesBack = false
  /** Since when all of the present process is in view, by its own clock. */
  let since = Number.POSITIVE_INFINITY
  for await (const { lines } of trail.linesAfter(chain, after)) {
    signal.throwIfAborted()
    for (const line of lines) {
      const head = readLine(line)
      if (head === undefined || head.seq <= after || head.seq > upTo) continue
      since = head.phase === 'start' ? Number.NEGATIVE_INFINITY : Math.min(since, head.mono)
      if (head.detailed) reachesBack = saysClosedBefore(line, since) ?? reachesBack
      if (head.phase !== 'intent' && head.phase !== 'outcome') continue
      const request = parseLine(line)?.request ?? ''
      if (head.phase === 'intent') intents.set(request, line)
      else intents.delete(request)
    }
    if ((readLine(lines.at(-1) ?? '')?.seq ?? 0) >= upTo) break
  }
  return { open: [...intents.values()].flatMap((line) => parseLine(line) ?? []), reachesBack }
}

/** What a record says of older writes, if it says anything: whether those that were open are all in view. */
function saysClosedBefore(line: string, since: number): boolean | undefined {
  const openSince = parseLine(line)?.detail?.['open_since']
  return typeof openSince === 'number' ? since < openSince - disorderUs : undefined
}
