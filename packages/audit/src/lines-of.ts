import { type Entry, type Line, line } from './record.ts'

/** The end of a chain. */
export interface ChainEnd {
  readonly chain: string
  readonly seq: number
  readonly hash: string
}

/** The lines of entries behind the end of a chain, all of them made now. */
export function linesOf(entries: readonly Entry[], end: ChainEnd): (Line & { readonly seq: number })[] {
  const time = new Date().toISOString()
  const mono = Math.round(performance.now() * 1000)
  let { seq, hash: prev } = end
  return entries.map((entry) => {
    seq += 1
    const made = line(entry, { chain: end.chain, seq, prev }, time, mono)
    prev = made.hash
    return { ...made, seq }
  })
}
