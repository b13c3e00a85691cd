import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileLock, lockFile } from '@postern/store'
import { AuditFault } from './audit-fault.ts'
import { DamagedChain, recoverTail, type Tail } from './recover-tail.ts'
import { chainName, syncDirectory } from './segment.ts'
import type { SignedHead } from './signed-head.ts'

/** A chain that this process, and no other, writes to until it releases it or ends. */
export interface Slot {
  readonly chain: string
  readonly directory: string
  readonly lock: FileLock
  readonly tail: Tail
  /** Chains that were free but end in something their writer did not leave there. They are left as they are. */
  readonly damaged: readonly string[]
}

const unsigned: SignedHead = async () => undefined

/** Processes of one server on one directory. */
const slotsMax = 1024

/**
 * Takes the first free chain `<server>-<n>` and makes it writable: processes that come and go continue the same few
 * chains, so that a missing number shows.
 *
 * @throws Error when the directory cannot be used
 */
export async function takeSlot(root: string, server: string, signed: SignedHead = unsigned): Promise<Slot> {
  const damaged: string[] = []
  for (let n = 0; n < slotsMax; n++) {
    const chain = chainName(server, n)
    const directory = join(root, chain)
    const created = await mkdir(directory, { recursive: true, mode: 0o700 })
    if (created !== undefined) await syncDirectory(root)
    const lock = lockFile(join(directory, 'lock'))
    if (lock === undefined) continue
    const tail = await writableTail(directory, lock, await signed(chain))
    if (tail !== undefined) return { chain, directory, lock, tail, damaged }
    damaged.push(chain)
  }
  throw new AuditFault(`${slotsMax} processes write to ${root} already`)
}

/** Takes one chain, unless somebody writes to it or it is damaged. */
export async function takeSlotOf(root: string, chain: string, signed: SignedHead): Promise<Slot | undefined> {
  const directory = join(root, chain)
  const lock = lockFile(join(directory, 'lock'))
  const tail = lock && (await writableTail(directory, lock, await signed(chain)))
  return tail && { chain, directory, lock, tail, damaged: [] }
}

/** Gives the lock up where the chain cannot be continued; undefined when it is damaged. */
async function writableTail(
  directory: string,
  lock: FileLock,
  signed: Awaited<ReturnType<SignedHead>>,
): Promise<Tail | undefined> {
  try {
    return await recoverTail(directory, 'aside', signed)
  } catch (error) {
    lock.release()
    if (error instanceof DamagedChain) return undefined
    throw error
  }
}

/** Whether a process writes to the chain of this directory. */
export function isLocked(directory: string): boolean {
  try {
    const lock = lockFile(join(directory, 'lock'))
    lock?.release()
    return lock === undefined
  } catch {
    // A copy of a trail, or one that we may only read.
    return false
  }
}
