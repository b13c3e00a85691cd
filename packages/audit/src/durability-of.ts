import type { Durability } from './group-commit.ts'
import type { Phase } from './record.ts'

/**
 * What a power cut, or a crash of the database, may take the last of: reads, which are many, and what is said again. A
 * refusal or a replay is on the disk before its answer leaves.
 */
const light: ReadonlySet<Phase> = new Set(['read', 'config_loaded', 'start', 'heartbeat'])

export function durabilityOf(phase: Phase): Durability {
  return light.has(phase) ? 'kernel' : 'durable'
}
