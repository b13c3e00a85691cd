import { type AuditLog, openAudit } from '@postern/audit'
import type { OpenedTrails } from './opened-trails.ts'

/** Writes to the trail beside the running servers: this process takes a chain of its own. */
export async function withAuditLog<T>(
  { place, environment }: OpenedTrails,
  work: (log: AuditLog) => Promise<T>,
): Promise<T> {
  const log = await openAudit({ ...place, policy: environment.policyVersion })
  try {
    return await work(log)
  } finally {
    await log.close()
  }
}
