import { type Finding, finding } from './finding.ts'
import type { LineHead } from './read-line.ts'

/**
 * Tells how a chain was broken, from the first line that does not continue it and from what follows.
 *
 * What heals the chain decides: a line without which the chain would go on was put in; a number that comes later was
 * moved; one that never comes was taken out; a line that is wrong in itself, in the place where it belongs, was changed.
 */
export class Diagnosis {
  readonly #chain: string
  readonly #from: number
  /** The last good line. */
  readonly #good: LineHead | undefined
  /** The first bad one; undefined when it cannot even be read. */
  readonly #bad: LineHead | undefined
  #next: LineHead | undefined
  #seen = 0
  #sawDue = false
  #sawBadAgain = false
  #childOfGood = false
  #childOfBad = false
  #lowest = Number.POSITIVE_INFINITY

  constructor(chain: string, from: number, good: LineHead | undefined, bad: LineHead | undefined) {
    this.#chain = chain
    this.#from = from
    this.#good = good
    this.#bad = bad
    this.#lowest = bad?.seq ?? this.#lowest
  }

  /** The number that was due. */
  get #due(): number {
    return (this.#good?.seq ?? 0) + 1
  }

  later(line: LineHead | undefined): void {
    this.#seen += 1
    if (this.#seen === 1) this.#next = line
    if (!line?.intact) return
    this.#lowest = Math.min(this.#lowest, line.seq)
    this.#sawDue ||= line.seq === this.#due
    this.#sawBadAgain ||= line.hash === this.#bad?.hash
    this.#childOfGood ||= line.prev === this.#good?.hash
    this.#childOfBad ||= line.prev === this.#bad?.hash
  }

  verdict(): Finding {
    const bad = this.#bad
    if (!bad?.intact) return this.#unreadable()
    if (bad.seq < this.#from) return this.#say('reordered', this.#lowest, 'records stand in another order')
    if (bad.seq > this.#due) return this.#early(bad)
    if (bad.seq === this.#due) return this.#orphan()
    return this.#late(bad)
  }

  #unreadable(): Finding {
    if (this.#good === undefined) {
      const next = this.#next?.intact ? this.#next.seq : 2
      if (next === 1) return this.#say('forged', 1, 'a line was put in before the first record')
      return this.#say('modified', next - 1, 'the record was changed: its hash is not that of its text')
    }
    if (this.#nextHeals()) return this.#inserted()
    return this.#say('modified', this.#due, 'the record was changed: its hash is not that of its text')
  }

  /** A number that is not due yet. */
  #early(bad: LineHead): Finding {
    if (this.#nextHeals())
      return this.#sawBadAgain
        ? this.#inserted()
        : this.#say('reordered', this.#due, `record ${bad.seq} stands in the place of ${this.#due}`)
    if (this.#sawDue) return this.#say('reordered', this.#due, `record ${bad.seq} stands in the place of ${this.#due}`)
    const missing = bad.seq - this.#due
    return {
      ...this.#say('gap', this.#due, `${missing} ${missing === 1 ? 'record is' : 'records are'} missing`),
      through: bad.seq - 1,
    }
  }

  /** The right number, but another predecessor: the one that stands before it was replaced, its own hash made to fit. */
  #orphan(): Finding {
    if (this.#good === undefined) return this.#say('modified', 1, 'the first record names a predecessor')
    const seq = this.#due - 1
    return this.#say('modified', seq, `the record was replaced: record ${this.#due} names another predecessor`)
  }

  /** A number that was there before. */
  #late(bad: LineHead): Finding {
    const good = this.#good as LineHead
    if (bad.hash === good.hash) return this.#inserted()
    const rivals = bad.seq === good.seq && bad.prev === good.prev
    if (rivals ? this.#childOfBad && this.#childOfGood : this.#childOfBad)
      return this.#say('fork', bad.seq, `the chain goes on in two ways from record ${bad.seq - 1}`)
    return rivals ? this.#say('forged', bad.seq, `there are two records ${bad.seq}`) : this.#inserted()
  }

  #inserted(): Finding {
    return this.#say('forged', this.#due, `a line was put in before record ${this.#due}`)
  }

  /** The next line continues the chain as if the bad one were not there. */
  #nextHeals(): boolean {
    const { seq, prev, intact } = this.#next ?? {}
    return intact === true && seq === this.#due && prev === this.#good?.hash
  }

  #say(kind: Finding['kind'], seq: number, what: string): Finding {
    return finding(kind, this.#chain, seq, what)
  }
}
