import { join } from 'node:path'
import { sinksOf } from './audit-section.ts'
import { newestInDirectory } from './checkpoint-directory.ts'
import { type CheckpointKey, checkpointKey, checkpointKeyFromSeed } from './checkpoint-key.ts'
import type { TrailOptions } from './open-trails.ts'
import { type NewestLine, type SignedHead, signedHead } from './signed-head.ts'

/** The key of the environment file, of the database, or of the audit directory. */
export async function signingKey({ section, store }: TrailOptions, directory: string): Promise<CheckpointKey> {
  if (section.checkpoints.key !== undefined || !sinksOf(section).has('postgres') || store === undefined)
    return checkpointKey(directory, section.checkpoints.key)
  return checkpointKeyFromSeed(await store.secret('audit-checkpoint', 32))
}

/** Where chains were signed last, as far as checkpoints can be read from here. */
export function signedIn(
  { section, store, server, environment }: TrailOptions,
  sink: 'file' | 'postgres',
  directory: string,
  key: CheckpointKey,
): SignedHead {
  const copy = section.checkpoints.copy_to
  const places: NewestLine[] = []
  if (sink === 'file') places.push(newestInDirectory(join(directory, 'checkpoints')))
  if (copy !== undefined && copy !== 'postgres') places.push(newestInDirectory(copy))
  if (store !== undefined && (sink === 'postgres' || copy === 'postgres'))
    places.push(async (writer) => (await import('./checkpoint-table.ts')).newestInTable(store)(writer))
  return signedHead(places, key, { server, environment, sink })
}
