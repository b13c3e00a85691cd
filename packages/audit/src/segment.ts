import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A segment file holds the records from the number in its name on, one line each, and is only ever appended to. */
export interface Segment {
  readonly file: string
  /** Number of its first record. */
  readonly first: number
}

const name = /^(\d{12})\.jsonl$/

export function segmentFile(directory: string, first: number): string {
  return join(directory, `${String(first).padStart(12, '0')}.jsonl`)
}

/** The segments of a chain, oldest first. A directory that does not exist has none. */
export async function segments(directory: string): Promise<Segment[]> {
  return (await namesIn(directory))
    .flatMap((file) => {
      const first = name.exec(file)?.[1]
      return first === undefined ? [] : [{ file: join(directory, file), first: Number(first) }]
    })
    .sort((a, b) => a.first - b.first)
}

/** Chains are directories `<server>-<n>`. In the order of n. */
export async function chainNames(directory: string, server: string): Promise<string[]> {
  return (await namesIn(directory))
    .filter((entry) => slotOf(entry, server) !== undefined)
    .sort((a, b) => (slotOf(a, server) ?? 0) - (slotOf(b, server) ?? 0))
}

export function chainName(server: string, slot: number): string {
  return `${server}-${slot}`
}

/** The n of `<server>-<n>`; undefined for a chain of another server. */
export function slotOf(chain: string, server: string): number | undefined {
  const rest = chain.startsWith(`${server}-`) ? chain.slice(server.length + 1) : ''
  return /^(0|[1-9]\d{0,5})$/.test(rest) ? Number(rest) : undefined
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Makes the names in a directory durable. Windows has no such call and needs none. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  let handle: FileHandle | undefined
  try {
    handle = await open(directory, 'r')
    await handle.sync()
  } finally {
    await handle?.close()
  }
}
