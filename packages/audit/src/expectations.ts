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

export function expectations(
  trail: Pick<Trail, 'server' | 'environment' | 'sink'>,
  copies: readonly CheckpointCopy[],
  trusted: readonly string[],
): Expectations {
  const keys = publicKeys(trusted)
  const all = new Map<string, Expected[]>()
  let checkpoints = 0
  let unreadable = 0
  for (const { kind, lines } of copies)
    for (const line of lines) {
      const checkpoint = parseCheckpoint(line)
      if (checkpoint === undefined) unreadable += 1
      else if (isOf(checkpoint, trail)) {
        checkpoints += 1
        // An export brings one checkpoint for all of its chains.
        collect(all, checkpoint, keys, kind === 'export')
      }
    }
  return { byChain: new Map([...all].map(([chain, list]) => [chain, ordered(list)])), checkpoints, unreadable }
}

function collect(
  all: Map<string, Expected[]>,
  checkpoint: SignedCheckpoint,
  keys: PublicKeys,
  anyWriter: boolean,
): void {
  let known: boolean | undefined
  const signed = () => {
    known ??= isSigned(checkpoint, keys)
    return known
  }
  for (const { chain, seq, hash } of checkpoint.heads) {
    const list = all.get(chain) ?? []
    all.set(chain, list)
    list.push({ seq, hash, byWriter: anyWriter || chain === checkpoint.writer, isSigned: signed })
  }
}

/**
 * Two different hashes for one number both stay, however old: one of them is a lie. Of two that say the same, that of the
 * chain's own writer says more.
 */
function ordered(list: readonly Expected[]): Expected[] {
  const sorted = [...list].sort((a, b) => a.seq - b.seq || Number(b.byWriter) - Number(a.byWriter))
  const seen = new Set<string>()
  let seq = -1
  return sorted.filter((expected) => {
    if (expected.seq !== seq) seen.clear()
    seq = expected.seq
    const known = seen.has(expected.hash)
    seen.add(expected.hash)
    return !known
  })
}
