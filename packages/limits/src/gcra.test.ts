import { describe, expect, it } from 'vitest'
import { gcra, spacing } from './gcra.ts'
import type { Rate } from './parse-rate.ts'

/** mulberry32: the same numbers in every run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A caller on a virtual clock. */
class Caller {
  readonly #rate: ReturnType<typeof spacing>
  #arrivalUs: number | undefined
  constructor(rate: Rate) {
    this.#rate = spacing(rate)
  }
  call(nowUs: number): number {
    const verdict = gcra(this.#arrivalUs, nowUs, this.#rate)
    if (!verdict.admitted) return verdict.waitMs
    this.#arrivalUs = verdict.arrivalUs
    return 0
  }
}

const rates: Rate[] = [
  { calls: 1, perMs: 1000 },
  { calls: 7, perMs: 1000 },
  { calls: 20, perMs: 60_000 },
  { calls: 100, perMs: 60_000 },
  { calls: 33, perMs: 3_600_000 },
]

describe('gcra', () => {
  it.each(rates)('admits a burst of exactly $calls, then one per interval ($perMs ms)', (rate) => {
    const caller = new Caller(rate)
    const burst = Array.from({ length: rate.calls + 5 }, () => caller.call(0))
    expect(burst.filter((wait) => wait === 0)).toHaveLength(rate.calls)

    let admitted = 0
    // A greedy caller that tries a thousand times per period, over ten periods.
    for (let tick = 1; tick <= 10_000; tick++) if (caller.call(tick * rate.perMs) === 0) admitted++
    expect(Math.abs(admitted - 10 * rate.calls)).toBeLessThanOrEqual(1)
  })

  it('never admits more than the burst plus what the time refills, in any window of random calls', () => {
    const next = random(1)
    for (let round = 0; round < 200; round++) {
      const rate = rates[Math.floor(next() * rates.length)] as Rate
      const { intervalUs } = spacing(rate)
      const caller = new Caller(rate)
      const admitted: number[] = []
      let now = Math.floor(next() * 1e9)
      for (let call = 0; call < 300; call++) {
        now += Math.floor(next() ** 4 * intervalUs * 3)
        if (caller.call(now) === 0) admitted.push(now)
      }
      for (let from = 0; from < admitted.length; from += 7)
        for (let to = from; to < admitted.length; to += 5) {
          const windowUs = (admitted[to] as number) - (admitted[from] as number)
          expect(to - from + 1).toBeLessThanOrEqual(rate.calls + Math.floor(windowUs / intervalUs))
        }
    }
  })

  it('tells the truth: a call after exactly the wait is admitted, a millisecond earlier it is not', () => {
    const next = random(2)
    let refusals = 0
    for (let round = 0; round < 500; round++) {
      const rate = rates[Math.floor(next() * rates.length)] as Rate
      const caller = new Caller(rate)
      let now = 0
      let wait = 0
      while (wait === 0) {
        now += Math.floor(next() * 0.5 * spacing(rate).intervalUs)
        wait = caller.call(now)
      }
      refusals++
      if (wait > 1) expect(caller.call(now + (wait - 1) * 1000)).toBeGreaterThan(0)
      expect(caller.call(now + wait * 1000)).toBe(0)
    }
    expect(refusals).toBe(500)
  })

  it('charges nothing for refused calls', () => {
    const caller = new Caller({ calls: 2, perMs: 1000 })
    expect([caller.call(0), caller.call(0)]).toEqual([0, 0])
    for (let call = 0; call < 1000; call++) expect(caller.call(100_000)).toBe(400)
    expect(caller.call(500_000)).toBe(0)
  })
})
