import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FileSinkOptions } from './file-sink.ts'
import { linesOf } from './lines-of.ts'
import type { Entry } from './record.ts'
import type { Tail } from './recover-tail.ts'
import { syncDirectory } from './segment.ts'
import { isLocked, takeSlotOf } from './slot.ts'

type Place = Pick<FileSinkOptions, 'directory' | 'context' | 'signed'>

/** Whether no process writes to a chain. */
export function isFreeFileChain({ directory }: Place, chain: string): boolean {
  return !isLocked(join(directory, chain))
}

/**
 * Appends to a chain that its writer has left, while holding its lock, and gives it up again. Changes nothing and answers
 * false where somebody writes to it, it is damaged, or its last record is not number `after` any more.
 */
export async function finishFileChain(
  { directory, context, signed }: Place,
  chain: string,
  after: number,
  entries: (torn: Tail['torn']) => readonly Entry[],
): Promise<boolean> {
  const slot = await takeSlotOf(directory, chain, signed)
  if (slot === undefined) return false
  const { tail, lock } = slot
  try {
    if (tail.seq !== after) return false
    const all = entries(tail.torn).map((entry) => ({ ...context, ...entry }))
    const lines = linesOf(all, { chain, seq: tail.seq, hash: tail.hash })
    await append(tail.file, lines.map(({ text }) => `${text}\n`).join(''))
    return true
  } finally {
    lock.release()
  }
}

/** A crash in the middle leaves what any crash leaves: whole records, and half a line that the next holder sets aside. */
async function append(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a', 0o600)
  try {
    await handle.appendFile(text)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await syncDirectory(dirname(file))
}
