import { type Finding, finding } from './finding.ts'
import type { Hold } from './legal-hold.ts'
import { type LineHead, member, parseLine } from './read-line.ts'
import type { AuditRecord } from './record.ts'

/** A write that was about to happen and of which no end is recorded. */
export interface OpenIntent {
  readonly chain: string
  readonly seq: number
  readonly request: string
  readonly time: string
  readonly target: string
  readonly principal: string
}

/** A writer that found its chain gone or shorter than it had left it. */
export interface CutChain extends Told {
  readonly chain: string
  /** The last record that it had written there. */
  readonly at: number
}

interface Told {
  /** Where a record says so. */
  readonly told: { readonly chain: string; readonly seq: number }
}

/** Whether a record is covered by a signature that was made before anybody could have put it there. */
export type IsSigned = (chain: string, seq: number) => boolean

const heartbeatMsDefault = 60_000
/** Twice the interval passes between two records of an idle process; more than this is a hole. */
const heartbeatsMissed = 2.5

/** What the records of all chains tell together, beyond that they hang together. */
export class Storyline {
  readonly findings: Finding[] = []
  /** Stretches that were unsigned when another process took their chain up. */
  readonly unsigned: { readonly chain: string; readonly from: number; readonly to: number }[] = []
  /** First and last time of what was recorded beside calls, which is every minute. */
  since = '~'
  until = ''
  readonly #pruned: (Told & { readonly chain: string; readonly first: number })[] = []
  readonly cut: CutChain[] = []
  readonly #holds: Hold[] = []
  readonly #released: (Told & { readonly id: string; readonly time: string })[] = []
  readonly #open = new Map<string, { chain: string; seq: number; line: string }>()
  readonly #closed = new Set<string>()
  #chain = ''
  #phase = ''
  #mono = 0
  #heartbeatMs = heartbeatMsDefault

  /**
   * Legal holds that nobody has lifted. What lifts one, or says that records were removed, counts only where it is signed:
   * else it could have been put there with the removal.
   */
  holds(isSigned: IsSigned): Hold[] {
    const lifted = new Map<string, string>()
    for (const { id, time, told } of this.#released)
      if (isSigned(told.chain, told.seq) && time > (lifted.get(id) ?? '')) lifted.set(id, time)
    // Each placement for itself: another of the same name must not stand in for it.
    const standing = this.#holds.filter(({ id, since }) => (lifted.get(id) ?? '') < since)
    return [...new Map(standing.map((hold) => [hold.id, hold])).values()]
  }

  /** The first record that a chain still has, by what was recorded when older ones were removed. */
  prunedTo(chain: string, isSigned: IsSigned): number {
    const of = this.#pruned.filter((one) => one.chain === chain && isSigned(one.told.chain, one.told.seq))
    return Math.max(0, ...of.map(({ first }) => first))
  }

  get open(): OpenIntent[] {
    return [...this.#open.values()].map(({ chain, seq, line }) => {
      const record = parseLine(line)
      return {
        chain,
        seq,
        request: record?.request ?? '',
        time: record?.time ?? '',
        target: record?.target?.name ?? '',
        principal: record?.principal?.subject ?? '',
      }
    })
  }

  /** To be told every verified record, chain by chain. */
  record(chain: string, head: LineHead, line: string): void {
    if (chain !== this.#chain) {
      this.#chain = chain
      this.#phase = ''
      this.#mono = 0
      this.#heartbeatMs = heartbeatMsDefault
    }
    const { seq, phase } = head
    if (head.detailed) this.#event(head, line)
    else {
      this.#follows(head, false)
      if (phase === 'intent' || phase === 'outcome') this.#write(seq, phase, member(line, 'request') ?? '', line)
    }
  }

  #event(head: LineHead, line: string): void {
    const record = parseLine(line)
    if (record === undefined) return
    const { seq } = head
    const { phase, time } = record
    // Somebody else may have written it.
    const detail = record.detail ?? {}
    const told = { chain: this.#chain, seq }
    if (time < this.since) this.since = time
    if (time > this.until) this.until = time
    this.#follows(head, detail['late_ms'] !== undefined)
    if (phase === 'start' && typeof detail['heartbeat_ms'] === 'number') this.#heartbeatMs = detail['heartbeat_ms']
    if (phase === 'intent' || phase === 'outcome') this.#write(seq, phase, record.request ?? '', line)
    this.#hold(record)
    if (phase === 'resumed' && typeof detail['left_chain'] === 'string')
      this.cut.push({ chain: detail['left_chain'], at: Number(detail['left_at']), told })
    if (phase === 'resumed' && typeof detail['unsigned_from'] === 'number')
      this.unsigned.push({ chain: this.#chain, from: detail['unsigned_from'], to: seq - 1 })
    if (phase === 'pruned')
      for (const entry of textsIn(detail['kept_from'])) {
        const [chain = '', first = ''] = entry.split('@')
        this.#pruned.push({ chain, first: Number(first), told })
      }
  }

  /** Placed and lifted by different processes, so maybe in different chains: the later of the two counts. */
  #hold({ phase, chain, seq, time, detail }: AuditRecord): void {
    const { id, reason, by } = (detail ?? {}) as { id?: unknown; reason?: unknown; by?: unknown }
    if (typeof id !== 'string') return
    if (phase === 'hold') this.#holds.push({ id, reason: String(reason), by: String(by), since: time || '~' })
    if (phase === 'hold_released') this.#released.push({ id, time, told: { chain, seq } })
  }

  #follows({ seq, phase, mono }: LineHead, explained: boolean): void {
    const begins = phase === 'start' || phase === 'resumed'
    if (this.#phase === 'stop' && !begins)
      this.findings.push(finding('forged', this.#chain, seq, 'a record after the writer had stopped'))
    const silentMs = (mono - this.#mono) / 1000
    if (this.#phase !== '' && !begins && !explained && silentMs > this.#heartbeatMs * heartbeatsMissed) {
      const what = `no record for ${Math.round(silentMs / 1000)} s while the process was up`
      this.findings.push(finding('heartbeat gap', this.#chain, seq, what))
    }
    this.#phase = phase
    // With PostgreSQL a record is stamped before it waits for the chain: some stand behind younger ones.
    this.#mono = begins ? mono : Math.max(mono, this.#mono)
  }

  /** Intent and outcome of one write may stand in two chains, when another process brought it to its end. */
  #write(seq: number, phase: string, request: string, line: string): void {
    if (phase === 'outcome') {
      if (!this.#open.delete(request)) this.#closed.add(request)
    } else if (!this.#closed.delete(request)) this.#open.set(request, { chain: this.#chain, seq, line })
  }
}

const textsIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
