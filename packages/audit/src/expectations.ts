import type { Expected } from './chain-check.ts'
import { isOf, isSigned, parseCheckpoint, type SignedCheckpoint } from './checkpoint.ts'
import { type PublicKeys, publicKeys } from './checkpoint-key.ts'
import type { CheckpointCopy, Trail } from './trail.ts'

/** What the checkpoints of all places say of the chains of one server. */
export interface Expectations {
  /** By chain, ascending. */
  readonly byChain: ReadonlyMap<string, readonly Expected[]>
  readonly checkpoints: number
  /** Lines that are no checkpoint: what a crash left, or somebody's work. */
  readonly unreadable: number
}

/**
 * Between two checkpoints that are kept for a chain lie at least this many records, so that years of checkpoints fit
 * into memory. The newest is always kept.
 */
const sparseness = 100

export function expectations(
  trail: Pick<Trail, 'server' | 'environment' | 'sink'>,
  copies: readonly CheckpointCopy[],
  trusted: readonly string[],
): Expectations {
  const keys = publicKeys(trusted)
  const all = new Map<string, Expected[]>()
  let checkpoints = 0
  let unreadable = 0
  for (const line of copies.flatMap((copy) => copy.lines)) {
    const checkpoint = parseCheckpoint(line)
    if (checkpoint === undefined) unreadable += 1
    else if (isOf(checkpoint, trail)) {
      checkpoints += 1
      collect(all, checkpoint, keys)
    }
  }
  return { byChain: new Map([...all].map(([chain, list]) => [chain, ordered(list)])), checkpoints, unreadable }
}

function collect(all: Map<string, Expected[]>, checkpoint: SignedCheckpoint, keys: PublicKeys): void {
  let known: boolean | undefined
  const signed = () => {
    known ??= isSigned(checkpoint, keys)
    return known
  }
  for (const { chain, seq, hash } of checkpoint.heads) {
    const list = all.get(chain) ?? []
    all.set(chain, list)
    list.push({ seq, hash, isSigned: signed })
    if (list.length > 10_000) all.set(chain, ordered(list))
  }
}

/** Two different hashes for one number both stay: one of them is a lie. */
function ordered(list: readonly Expected[]): Expected[] {
  const kept: Expected[] = []
  const sorted = [...list].sort((a, b) => a.seq - b.seq)
  for (const [i, expected] of sorted.entries()) {
    const last = kept.at(-1)
    const same = last?.seq === expected.seq
    if (same && last.hash === expected.hash) continue
    const wanted = last === undefined || same || i === sorted.length - 1 || expected.seq - last.seq >= sparseness
    if (wanted) kept.push(expected)
  }
  return kept
}
