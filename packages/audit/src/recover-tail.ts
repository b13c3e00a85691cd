import { type FileHandle, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type LastLine, lastLine, lastLineOf, readBytes } from './last-line.ts'
import { readLine } from './read-line.ts'
import { genesis } from './record.ts'
import { segmentFile, segments, syncDirectory } from './segment.ts'

/** Where a chain ends, and so where its writer goes on. */
export interface Tail {
  readonly seq: number
  readonly hash: string
  /** The segment to append to; it may not exist yet. */
  readonly file: string
  readonly bytes: number
  /** What was unfinished: cut off, and kept in a file of its own where another process had left it. */
  readonly torn?: { readonly bytes: number; readonly file?: string }
}

/** The end of a chain is not what its writer left there. Nobody may write over that: it is evidence. */
export class DamagedChain extends Error {
  override readonly name = 'DamagedChain'
}

const newline = 10

/**
 * Finds the end of a chain after its writer has ended in whatever way, and makes it writable again. An unfinished last
 * line was never acknowledged: it is moved `aside`, or dropped where it is this process's own. A complete line is never
 * removed.
 *
 * Call it only while holding the chain's lock.
 *
 * @param signed where its writer has signed it last: a chain that does not reach there is evidence too
 * @throws DamagedChain when the last complete line is not intact
 */
export async function recoverTail(
  directory: string,
  torn: 'aside' | 'drop',
  signed?: { readonly seq: number; readonly hash: string },
): Promise<Tail> {
  const all = await segments(directory)
  const last = all.at(-1)
  if (last === undefined) {
    mustHold({ seq: 0, hash: genesis }, signed)
    return { seq: 0, hash: genesis, file: segmentFile(directory, 1), bytes: 0 }
  }

  const handle = await open(last.file, 'r+')
  try {
    const { size } = await handle.stat()
    const end = await lastLine(handle, size)
    const kept = await intactEnd(handle, end, last.file)
    const head = kept.line === undefined ? await headBefore(all.at(-2)?.file, last) : kept.line
    const tail = { ...head, file: last.file, bytes: kept.bytes }
    mustHold(tail, signed)
    if (kept.bytes === size) return tail
    const file = torn === 'aside' ? await setAside(handle, kept.bytes, size, last.file) : undefined
    await handle.truncate(kept.bytes)
    await handle.sync()
    return { ...tail, torn: { bytes: size - kept.bytes, ...(file && { file }) } }
  } finally {
    await handle.close()
  }
}

/** Records that were signed are on the disk. Where they are missing or others, somebody has taken or changed them. */
function mustHold(tail: { seq: number; hash: string }, signed: { seq: number; hash: string } | undefined): void {
  if (signed === undefined || tail.seq > signed.seq) return
  if (tail.seq < signed.seq) throw new DamagedChain(`it ends at ${tail.seq}, but ${signed.seq} was signed`)
  if (tail.hash !== signed.hash) throw new DamagedChain(`record ${tail.seq} is not the one that was signed`)
}

/** The head of a chain as far as its bytes are in the kernel, without changing anything. */
export async function readHead(directory: string, sync: boolean): Promise<{ seq: number; hash: string } | undefined> {
  for (const segment of (await segments(directory)).reverse()) {
    // fdatasync wants a descriptor that may write on some platforms.
    const handle = await open(segment.file, sync ? 'r+' : 'r')
    try {
      const { text } = await lastLine(handle, (await handle.stat()).size)
      if (sync) await handle.datasync()
      const line = text === undefined ? undefined : readLine(text)
      if (line?.intact) return { seq: line.seq, hash: line.hash }
      if (text !== undefined) return undefined
    } finally {
      await handle.close()
    }
  }
  return undefined
}

interface Kept {
  readonly bytes: number
  readonly line?: { readonly seq: number; readonly hash: string }
}

async function intactEnd(handle: FileHandle, end: LastLine, file: string): Promise<Kept> {
  if (end.text === undefined) return { bytes: 0 }
  const line = readLine(end.text)
  if (line?.intact && end.text.includes('"phase":"stop"')) return { bytes: end.bytes, line }
  // A power cut can leave zeros where lines were not yet on the disk, and lines behind them. Nothing else writes zeros.
  const zeroed = await beforeZeros(handle, file)
  if (zeroed !== undefined) return zeroed
  if (line?.intact) return { bytes: end.bytes, line }
  throw new DamagedChain(`the last complete line of ${file} was changed`)
}

/** The last line before the first zero; undefined when there is none. */
async function beforeZeros(handle: FileHandle, file: string): Promise<Kept | undefined> {
  const { size } = await handle.stat()
  const bytes = await readBytes(handle, 0, size)
  const zero = bytes.indexOf(0)
  if (zero < 0) return undefined
  const end = zero === 0 ? -1 : bytes.lastIndexOf(newline, zero - 1)
  if (end < 0) return { bytes: 0 }
  const line = readLine(bytes.toString('utf8', end === 0 ? 0 : bytes.lastIndexOf(newline, end - 1) + 1, end))
  if (!line?.intact) throw new DamagedChain(`the last line before the zeros in ${file} was changed`)
  return { bytes: end + 1, line }
}

async function setAside(handle: FileHandle, from: number, to: number, segment: string): Promise<string> {
  const file = join(dirname(segment), `torn-${new Date().toISOString().replaceAll(':', '-')}.bin`)
  const aside = await open(file, 'wx', 0o600)
  try {
    await aside.writeFile(await readBytes(handle, from, to))
    await aside.sync()
  } catch (error) {
    await rm(file, { force: true })
    throw error
  } finally {
    await aside.close()
  }
  await syncDirectory(dirname(segment))
  return file
}

/** A segment that holds no line yet: the chain's head stands in the one before. */
async function headBefore(previous: string | undefined, last: { file: string; first: number }) {
  if (previous === undefined) {
    if (last.first !== 1) throw new DamagedChain(`${last.file} is empty and nothing precedes it`)
    return { seq: 0, hash: genesis }
  }
  const text = await lastLineOf(previous)
  const line = text === undefined ? undefined : readLine(text)
  if (!line?.intact) throw new DamagedChain(`the last complete line of ${previous} was changed`)
  return { seq: line.seq, hash: line.hash }
}
