import type { Store } from '@postern/store'
import { auditDirectory } from './audit-directory.ts'
import { type AuditSection, sinksOf } from './audit-section.ts'
import { fileTrail } from './file-trail.ts'
import { hmacKeys, type KeyRing } from './hmac-keys.ts'
import { keyedHash } from './keyed-hash.ts'
import type { PrunableTrail } from './trail.ts'

export interface TrailOptions {
  readonly section: AuditSection
  readonly environment: string
  readonly server: string
  readonly dataDirectory: string
  /** The server's store, for the sink or checkpoint place `postgres`. */
  readonly store?: Store
}

/** The trails that a server with this section has recorded, one per sink, together with all places of checkpoints. */
export async function openTrails(options: TrailOptions): Promise<readonly PrunableTrail[]> {
  const { section, server, environment, store } = options
  const kinds = sinksOf(section)
  const { copy_to: copy, key } = section.checkpoints
  const copies = copy === undefined || copy === 'postgres' ? [] : [copy]
  const trails: PrunableTrail[] = []
  if (kinds.has('file')) {
    const table =
      copy === 'postgres' && store
        ? [await (await import('./checkpoint-table.ts')).readCheckpointTable(store, 'apart')]
        : []
    trails.push(
      fileTrail({ directory: auditDirectory(section, options), server, environment, copies: [...copies, ...table] }),
    )
  }
  if (kinds.has('postgres') && store) {
    const { postgresTrail } = await import('./postgres-trail.ts')
    trails.push(postgresTrail({ store, server, environment, keyBeside: key === undefined, copies }))
  }
  return trails
}

/** The keys of `hashOf`: those under which a server with this section hides inputs, outputs and idempotency keys. */
export async function auditKeys({ section, store, ...place }: TrailOptions): Promise<KeyRing> {
  if (section.hmac_key !== undefined || !sinksOf(section).has('postgres') || store === undefined)
    return hmacKeys(auditDirectory(section, place), section.hmac_key)
  const current = keyedHash(await store.secret('audit-hmac', 32))
  return { current, all: [current] }
}
