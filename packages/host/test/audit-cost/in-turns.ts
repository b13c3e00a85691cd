import type { Call, Handler } from '@postern/tool'

/** What calls took. */
export interface Times {
  /** Of each call, in milliseconds, in ascending order. */
  readonly calls: readonly number[]
  /** All of them by the clock, in milliseconds. */
  readonly wallMs: number
}

export interface InTurnsOptions {
  readonly with: Handler
  readonly without: Handler
  readonly make: () => Call
  /** Told of every call that was made, also before the measurement. */
  readonly made: (call: Call, by: 'with' | 'without') => void
  readonly inFlight: number
  readonly turns: number
}

/** Of one turn, for each that is in flight. */
const callsPerLane = 4
/** Turns of the measurement for each turn before it, which does not count. */
const turnsPerWarmUp = 10

/** The same calls with something and without it, in turns: neither is always the first. */
export async function inTurns(options: InTurnsOptions): Promise<{ readonly with: Times; readonly without: Times }> {
  const all = { with: noTimes(), without: noTimes() }
  for (let turn = -Math.ceil(options.turns / turnsPerWarmUp); turn < options.turns; turn++)
    for (const by of turn % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)) {
      const one = await takeTurn(options, by)
      if (turn < 0) continue
      all[by].calls.push(...one.calls)
      all[by].wallMs += one.wallMs
    }
  for (const { calls } of Object.values(all)) calls.sort((a, b) => a - b)
  return all
}

const noTimes = () => ({ calls: [] as number[], wallMs: 0 })

/** @throws Error when a call is refused: what it took would say nothing */
async function takeTurn({ make, made, inFlight, ...handlers }: InTurnsOptions, by: 'with' | 'without'): Promise<Times> {
  const calls: number[] = []
  let left = callsPerLane * inFlight
  const lane = async () => {
    while (left-- > 0) {
      const call = make()
      const began = performance.now()
      const reply = await handlers[by](call)
      calls.push(performance.now() - began)
      made(call, by)
      if (reply.isError) throw new Error(reply.text)
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: inFlight }, lane))
  return { calls, wallMs: performance.now() - began }
}
