import { access, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readCheckpointLines } from './checkpoint-directory.ts'
import { publicKeysIn } from './checkpoint-key.ts'
import { lastLineOf } from './last-line.ts'
import { firstKeptSegment, removeCheckpointFiles, removeSegments } from './prune-files.ts'
import { member, readLine } from './read-line.ts'
import { chainNames, type Segment, segments } from './segment.ts'
import type { CheckpointCopy, Lines, PrunableTrail } from './trail.ts'

export interface FileTrailOptions {
  /** The directory of the file sink. */
  readonly directory: string
  readonly server: string
  readonly environment: string
  /** Further places where checkpoints are kept: directories, or what `checkpointTable` reads. */
  readonly copies?: readonly (string | CheckpointCopy)[]
}

const chunkBytes = 1 << 20
const newline = 10

/** What stands behind the last line end: of an inner segment a line of its own, of the last one what a crash left. */
type Rest = 'line' | 'torn' | 'skip'

/** Where in its files the reading of a chain had come to. */
interface Place {
  readonly seq: number
  readonly first: number
  readonly offset: number
}

/** A trail in segment files. A running writer is no obstacle to reading it. */
export function fileTrail({ directory, server, environment, copies = [] }: FileTrailOptions): PrunableTrail {
  const places = new Map<string, Place>()
  return {
    server,
    environment,
    sink: 'file',
    name: directory,
    keyBeside: () => exists(join(directory, 'keys', 'checkpoint.pem')),
    chains: () => chainNames(directory, server),
    async bytes() {
      const chains = await chainNames(directory, server)
      const sizes = await Promise.all(chains.map((chain) => bytesOf(join(directory, chain))))
      return sizes.reduce((sum, size) => sum + size, 0)
    },
    lines: (chain, since) => linesOf(join(directory, chain), since),
    tail: (chain) => lastLineIn(join(directory, chain)),
    linesAfter: (chain, seq) => linesAfter(join(directory, chain), chain, seq, places),
    firstKept: (chain, before, covered) => firstKeptSegment(join(directory, chain), before, covered),
    remove: (chain, first) => removeSegments(join(directory, chain), first),
    removeCheckpoints: (before) => removeCheckpointFiles(join(directory, 'checkpoints'), server, before),
    async checkpoints() {
      const beside = await copyIn(join(directory, 'checkpoints'), 'beside', true)
      const apart = copies.map(async (copy) =>
        typeof copy === 'string' ? copyIn(copy, 'apart', await writableByWriter(copy, directory)) : copy,
      )
      return [beside, ...(await Promise.all(apart))]
    },
  }
}

async function copyIn(directory: string, kind: 'beside' | 'apart', writable: boolean): Promise<CheckpointCopy> {
  const [lines, publicKeys] = await Promise.all([readCheckpointLines(directory), publicKeysIn(directory)])
  return { name: directory, lines, publicKeys, kind, writable }
}

/** Checkpoints in a directory apart from records that are in no directory. */
export async function directoryCopy(directory: string): Promise<CheckpointCopy> {
  return { ...(await copyIn(directory, 'apart', true)), writable: 'unknown' }
}

/** By owner and mode. An append-only mount, or a host that the writer cannot reach, is not seen from here. */
async function writableByWriter(copy: string, directory: string): Promise<boolean> {
  const [there, here] = await Promise.all([stat(copy).catch(() => undefined), stat(directory).catch(() => undefined)])
  return there === undefined || here === undefined || there.uid === here.uid || (there.mode & 0o022) !== 0
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

async function bytesOf(directory: string): Promise<number> {
  const sizes = await Promise.all((await segments(directory)).map(async ({ file }) => (await stat(file)).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function* linesOf(directory: string, since: string | undefined): AsyncGenerator<Lines> {
  const all = await segments(directory)
  const wanted = since === undefined ? all : all.slice(await firstSince(all, since))
  for (const segment of wanted) {
    let first: number | undefined = segment.first
    for await (const part of linesOfSegment(segment, segment === wanted.at(-1) ? 'torn' : 'line', directory)) {
      yield first === undefined || part.lines.length === 0 ? part : { ...part, first }
      if (part.lines.length > 0) first = undefined
    }
  }
}

/** The last segment that begins before `since`: all earlier ones hold older records only. */
async function firstSince(all: readonly Segment[], since: string): Promise<number> {
  for (let i = all.length - 1; i > 0; i--) {
    const begin = await beginOf(all[i] as Segment)
    if (begin !== undefined && begin < since) return i
  }
  return 0
}

async function* linesAfter(
  directory: string,
  chain: string,
  seq: number,
  places: Map<string, Place>,
): AsyncGenerator<Lines> {
  const known = places.get(chain)
  const all = await segments(directory)
  const from = all.findLastIndex(({ first }) => first <= seq + 1)
  for (const segment of all.slice(Math.max(from, 0))) {
    const offset = known?.seq === seq && known.first === segment.first ? known.offset : 0
    for await (const { lines, bytes, offset: end } of linesOfSegment(segment, 'skip', directory, offset)) {
      const last = readLine(lines.at(-1) ?? '')
      if (last !== undefined) places.set(chain, { seq: last.seq, first: segment.first, offset: end })
      yield { lines, bytes }
    }
  }
}

async function lastLineIn(directory: string): Promise<string | undefined> {
  for (const { file } of (await segments(directory)).reverse()) {
    const line = await lastLineOf(file)
    if (line !== undefined) return line
  }
  return undefined
}

async function beginOf({ file }: Segment): Promise<string | undefined> {
  for await (const { lines } of linesOfSegment({ file, first: 0 }, 'skip', '')) {
    const first = lines[0]
    return first === undefined ? undefined : member(first, 'time')
  }
  return undefined
}

async function* linesOfSegment(
  { file }: Segment,
  rest: Rest,
  directory: string,
  from = 0,
): AsyncGenerator<Lines & { readonly offset: number }> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    let buffer = Buffer.alloc(Math.min(chunkBytes, Math.max(0, size - from) + 1))
    let held = 0
    for (let at = from; at < size; ) {
      if (held === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)])
      const { bytesRead } = await handle.read(buffer, held, Math.min(buffer.length - held, size - at), at)
      if (bytesRead === 0) break
      at += bytesRead
      const filled = held + bytesRead
      const end = buffer.lastIndexOf(newline, filled - 1)
      if (end < 0) {
        held = filled
        continue
      }
      const lines = buffer.toString('utf8', 0, end).split('\n')
      buffer.copy(buffer, 0, end + 1, filled)
      held = filled - end - 1
      yield { lines, bytes: bytesRead, offset: at - held }
    }
    if (held === 0 || rest === 'skip') return
    if (rest === 'line') yield { lines: [buffer.toString('utf8', 0, held)], bytes: 0, offset: size }
    else if (!(await isLive(directory, (await handle.stat()).size > size)))
      yield { lines: [], bytes: 0, tornBytes: held, offset: size }
  } finally {
    await handle.close()
  }
}

/** Half a line is no damage while its writer is writing it. */
async function isLive(directory: string, grown: boolean): Promise<boolean> {
  if (grown) return true
  const { isLocked } = await import('./slot.ts')
  return isLocked(directory)
}
