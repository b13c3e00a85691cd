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
  const all = new Map<string, Signed[]>()
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

function collect(all: Map<string, Signed[]>, checkpoint: SignedCheckpoint, keys: PublicKeys, anyWriter: boolean): void {
  let known: boolean | undefined
  const signed = () => {
    known ??= isSigned(checkpoint, keys)
    return known
  }
  for (const { chain, seq, hash } of checkpoint.heads) {
    const list = all.get(chain) ?? []
    all.set(chain, list)
    const { writer, signature } = checkpoint
    list.push({ seq, hash, byWriter: anyWriter || chain === writer, signature, isSigned: signed })
  }
}

type Signed = Expected & { readonly signature: string }

/**
 * The same checkpoint lies in several places and counts once. Whatever else names the same record stays, however old: of two
 * different hashes one is a lie, and a forged signature must not stand in for a genuine one.
 */
function ordered(list: readonly Signed[]): Expected[] {
  const seen = new Set<string>()
  return list
    .filter(({ seq, hash, signature }) => {
      const id = `${seq} ${hash} ${signature}`
      return !seen.has(id) && seen.add(id)
    })
    .sort((a, b) => a.seq - b.seq)
}
