import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lastLineOf } from './last-line.ts'
import { member } from './read-line.ts'
import { segments, slotOf, syncDirectory } from './segment.ts'

/** Whole segments go, never the last: its chain goes on there. */
export async function firstKeptSegment(directory: string, before: string, covered: number): Promise<number> {
  const all = await segments(directory)
  let first = all[0]?.first ?? 1
  for (const [i, segment] of all.slice(0, -1).entries()) {
    const next = all[i + 1]?.first ?? first
    const newest = member((await lastLineOf(segment.file)) ?? '', 'time') ?? '~'
    if (next > covered || newest >= before) break
    first = next
  }
  return first
}

/** Oldest first, so that what an interruption leaves is a chain with a later begin, not one with a hole. */
export async function removeSegments(directory: string, first: number): Promise<void> {
  for (const segment of await segments(directory)) if (segment.first < first) await rm(segment.file)
  await syncDirectory(directory)
}

export async function removeCheckpointFiles(directory: string, server: string, before: string): Promise<void> {
  const files = (await readdir(directory).catch(() => []))
    .flatMap((file) => {
      const [, chain = '', day = ''] = /^(.+)\.(\d{4}-\d{2}-\d{2})\.jsonl$/.exec(file) ?? []
      return slotOf(chain, server) === undefined ? [] : [{ file, chain, day }]
    })
    .sort((a, b) => (a.day < b.day ? -1 : 1))
  const newest = new Map(files.map(({ chain, file }) => [chain, file]))
  for (const { file, chain, day } of files)
    if (day < before.slice(0, 10) && newest.get(chain) !== file) await rm(join(directory, file))
}
