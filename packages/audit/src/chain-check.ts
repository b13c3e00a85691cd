import { Diagnosis } from './diagnosis.ts'
import { type Finding, finding } from './finding.ts'
import { type LineHead, member, readLine } from './read-line.ts'
import { genesis } from './record.ts'

/** Where a signed checkpoint says that a chain stood. */
export interface Expected {
  readonly seq: number
  readonly hash: string
  /**
   * Made by the process that wrote to the chain then. Others sign a chain as they find it: that shows what is removed from
   * it later, and says nothing of how it came to be.
   */
  readonly byWriter: boolean
  /** Checks the signature. Costs as much as a hundred records, so it is asked only where it decides. */
  isSigned(): boolean
}

export interface ChainReport {
  readonly chain: string
  /** First and last record that can be relied on; `to` is `from - 1` when there is none. */
  readonly from: number
  readonly to: number
  readonly head: string
  /** The newest checkpoint of its writer that the chain agrees with, among those records. */
  readonly checkpoint: { readonly seq: number } | undefined
  readonly findings: readonly Finding[]
}

/** What every record of a trail says of itself. */
export interface Identity {
  readonly server?: string
  readonly environment?: string
}

/** Follows one chain, record by record, and says where and how it was broken first. */
export class ChainCheck {
  readonly #chain: string
  readonly #expected: readonly Expected[]
  readonly #identity: Identity
  readonly #findings: Finding[] = []
  #next = 0
  #from = 0
  #last: LineHead | undefined
  readonly #agreed: Expected[] = []
  #diagnosis: Diagnosis | undefined
  #foreign = false

  /** `expected`: by ascending number. */
  constructor(chain: string, expected: readonly Expected[], identity: Identity = {}) {
    this.#chain = chain
    this.#expected = expected
    this.#identity = identity
  }

  /** Gives what the line says when it is the next record of the chain. */
  push(line: string): LineHead | undefined {
    const head = readLine(line)
    if (this.#diagnosis !== undefined) {
      this.#diagnosis.later(head)
      return undefined
    }
    if (this.#foreign) return undefined
    if (head === undefined || !this.#continues(head)) {
      this.#diagnosis = new Diagnosis(this.#chain, this.#from, this.#last, head)
      return undefined
    }
    if (!this.#belongs(line)) {
      this.#foreign = true
      const what = 'the record says that it belongs to another chain, server or environment'
      this.#findings.push(finding('forged', this.#chain, head.seq, what))
      return undefined
    }
    if (this.#last === undefined) this.#from = head.seq
    this.#last = head
    if (head.seq >= this.#nextExpected) this.#compare(head)
    return head
  }

  /** `tornBytes`: what stands behind the last line end. */
  finish(tornBytes: number): ChainReport {
    const to = this.#last?.seq ?? 0
    if (this.#diagnosis !== undefined) this.#conclude(this.#diagnosis.verdict())
    else this.#checkEnd(to)
    if (tornBytes > 0)
      this.#findings.push(
        finding('torn tail', this.#chain, to + 1, `${tornBytes} bytes of an unfinished record, as a crash leaves them`),
      )
    return {
      chain: this.#chain,
      from: this.#from || to + 1,
      to,
      head: this.#last?.hash ?? genesis,
      checkpoint: this.#newestSigned(this.#reliableTo(to)),
      findings: this.#findings,
    }
  }

  /** What stands behind the first break cannot be relied on, whatever is signed there since. */
  #reliableTo(to: number): number {
    const broken = this.#findings.filter(({ kind }) => kind !== 'bad checkpoint')
    return Math.min(to, ...broken.map(({ seq }) => seq - 1))
  }

  #belongs(line: string): boolean {
    const { server, environment } = this.#identity
    const is = (name: string, wanted: string | undefined) => {
      const said = wanted === undefined ? undefined : member(line, name)
      return said === undefined || said === wanted
    }
    return member(line, 'chain') === this.#chain && is('server', server) && is('environment', environment)
  }

  #continues(head: LineHead): boolean {
    if (!head.intact) return false
    if (this.#last !== undefined) return head.seq === this.#last.seq + 1 && head.prev === this.#last.hash
    return head.seq > 1 || (head.seq === 1 && head.prev === genesis)
  }

  get #nextExpected(): number {
    return this.#expected[this.#next]?.seq ?? Number.POSITIVE_INFINITY
  }

  #compare(head: LineHead): void {
    for (; this.#nextExpected <= head.seq; this.#next++) {
      const expected = this.#expected[this.#next] as Expected
      if (expected.seq < head.seq) continue
      if (expected.hash === head.hash) this.#agreed.push(expected)
      else if (!expected.isSigned()) this.#findings.push(badCheckpoint(this.#chain, expected))
      else if (!this.#findings.some(({ kind }) => kind === 're-chained')) this.#findings.push(this.#rechained(expected))
    }
  }

  #rechained(expected: Expected): Finding {
    const from = Math.min(expected.seq, Math.max(this.#from, (this.#agreed.at(-1)?.seq ?? 0) + 1))
    const what = `the record is not the one that was signed; it was rewritten somewhere from ${from} to ${expected.seq}`
    return { ...finding('re-chained', this.#chain, from, what), through: expected.seq }
  }

  /** A replaced record may be one that was signed: the break of the chain says more of it than the signature. */
  #conclude(verdict: Finding): void {
    const explained = this.#findings.findIndex(
      ({ kind, through = 0 }) => kind === 're-chained' && through >= verdict.seq,
    )
    if (explained >= 0) this.#findings.splice(explained, 1)
    this.#findings.push(verdict)
  }

  #newestSigned(upTo: number): { readonly seq: number } | undefined {
    for (let newest = this.#agreed.pop(); newest !== undefined; newest = this.#agreed.pop()) {
      if (newest.seq > upTo || !newest.byWriter) continue
      if (newest.isSigned()) return { seq: newest.seq }
      this.#findings.push(badCheckpoint(this.#chain, newest))
    }
    return undefined
  }

  /** A checkpoint that names a record beyond the end. */
  #checkEnd(to: number): void {
    const beyond = this.#expected.slice(this.#next).reverse()
    for (const expected of beyond) {
      if (expected.seq <= to) continue
      if (expected.isSigned()) {
        const what = `the chain ends at ${to}, but a signed checkpoint names ${expected.seq}`
        this.#findings.push({ ...finding('truncated', this.#chain, to + 1, what), through: expected.seq })
        return
      }
      this.#findings.push(badCheckpoint(this.#chain, expected))
    }
  }
}

function badCheckpoint(chain: string, expected: Expected): Finding {
  return finding(
    'bad checkpoint',
    chain,
    expected.seq,
    `a checkpoint that names record ${expected.seq} has no valid signature`,
  )
}
