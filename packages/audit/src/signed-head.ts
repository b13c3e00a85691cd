import { isOf, isSigned, parseCheckpoint } from './checkpoint.ts'
import { type CheckpointKey, publicKeys } from './checkpoint-key.ts'
import { inTime } from './in-time.ts'
import type { Detail } from './record.ts'
import type { Taken } from './sink.ts'
import type { Trail } from './trail.ts'

/** How long a place may take to be read, in milliseconds: one that hangs must not keep a server from starting. */
const placeMsMax = 2_000

/** Reads the newest checkpoint line of a writer in one place. */
export type NewestLine = (writer: string) => Promise<string | undefined>

/** Where a chain stood when its own writer signed it last. */
export type SignedHead = (chain: string) => Promise<{ readonly seq: number; readonly hash: string } | undefined>

/**
 * What has to be said of a chain before its next writer signs it: from which record on nobody had, so that it could be
 * changed unseen until now. Where its writer did not end in order, more may have stood behind the last record.
 */
export async function unsignedFrom(signed: SignedHead, { chain, after }: Taken, wellEnded: boolean): Promise<Detail> {
  if (after === 0) return {}
  const signedTo = (await signed(chain))?.seq ?? 0
  return signedTo < after || !wellEnded ? { unsigned_from: Math.min(signedTo, after) + 1 } : {}
}

/** Asks all places that can be read. What the key of this server has not signed does not count. */
export function signedHead(
  places: readonly NewestLine[],
  key: CheckpointKey,
  trail: Pick<Trail, 'server' | 'environment' | 'sink'>,
): SignedHead {
  const keys = publicKeys([key.publicKey])
  return async (chain) => {
    const lines = await Promise.all(places.map((newest) => inTime(newest(chain), placeMsMax).catch(() => undefined)))
    const heads = lines.flatMap((line) => {
      const checkpoint = line === undefined ? undefined : parseCheckpoint(line)
      const own = checkpoint?.writer === chain && isOf(checkpoint, trail) && isSigned(checkpoint, keys)
      return own ? checkpoint.heads.filter((head) => head.chain === chain) : []
    })
    return heads.sort((a, b) => b.seq - a.seq)[0]
  }
}
