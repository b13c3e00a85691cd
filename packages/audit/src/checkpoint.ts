import { canonical } from '@postern/tool'
import type { CheckpointKey, PublicKeys } from './checkpoint-key.ts'
import { verifies } from './checkpoint-key.ts'
import type { Head } from './sink.ts'
import type { Trail } from './trail.ts'

/**
 * A signed statement of where all chains of a server stood. A hash chain alone cannot show that its tail was cut, or
 * that it was replaced as a whole; a checkpoint that the writer cannot change does.
 */
export interface Checkpoint {
  readonly v: 1
  readonly environment: string
  readonly server: string
  /** The kind of sink whose chains these are: one place may hold checkpoints of both. */
  readonly sink: string
  /** The chain whose writer made it. */
  readonly writer: string
  readonly time: string
  readonly heads: readonly Head[]
  /** Id of the key that signed it. */
  readonly key: string
}

export interface SignedCheckpoint extends Checkpoint {
  readonly signature: string
}

/** What is signed begins with its purpose, so that a signature of ours never fits anything else. */
const purpose = 'postern audit checkpoint v1\n'

/** One line of canonical JSON. */
export function signCheckpoint(checkpoint: Omit<Checkpoint, 'v' | 'key'>, key: CheckpointKey): string {
  const whole: Checkpoint = { v: 1, ...checkpoint, key: key.id }
  return canonical({ ...whole, signature: key.sign(purpose + canonical(whole)) })
}

/** The checkpoint of a line, its signature unchecked; undefined when it is none. */
export function parseCheckpoint(line: string): SignedCheckpoint | undefined {
  try {
    const read = JSON.parse(line) as SignedCheckpoint | null
    const whole =
      typeof read?.signature === 'string' &&
      typeof read.key === 'string' &&
      Array.isArray(read.heads) &&
      read.heads.every(
        (head) => typeof head?.chain === 'string' && Number.isSafeInteger(head.seq) && typeof head.hash === 'string',
      )
    return whole ? read : undefined
  } catch {
    return undefined
  }
}

/** Whether a checkpoint speaks of this trail. */
export function isOf(checkpoint: Checkpoint, trail: Pick<Trail, 'server' | 'environment' | 'sink'>): boolean {
  return (
    checkpoint.server === trail.server && checkpoint.environment === trail.environment && checkpoint.sink === trail.sink
  )
}

export function isSigned(checkpoint: SignedCheckpoint, keys: PublicKeys): boolean {
  const { signature, ...signed } = checkpoint
  try {
    return verifies(keys, checkpoint.key, purpose + canonical(signed), signature)
  } catch {
    // Text that has no canonical form was never signed.
    return false
  }
}
