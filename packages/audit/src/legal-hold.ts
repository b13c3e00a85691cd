import { AuditFault } from './audit-fault.ts'
import type { AuditLog } from './audit-log.ts'

/** Nothing is pruned while a hold stands. Holds are records of the trail, so that none can be lifted unseen. */
export interface Hold {
  readonly id: string
  readonly reason: string
  readonly by: string
  readonly since: string
}

/** `by` names the person who decided; `id` may be a case number. */
export async function placeHold(log: AuditLog, hold: Omit<Hold, 'since'>): Promise<void> {
  await log.event('hold', { detail: { id: hold.id, reason: hold.reason, by: hold.by } })
}

export async function releaseHold(log: AuditLog, hold: { readonly id: string; readonly by: string }): Promise<void> {
  await log.event('hold_released', { detail: { id: hold.id, by: hold.by } })
  // Only a signed release counts: anybody who can write to the trail could put another one there.
  await log.sign().catch((error: Error) => {
    throw new AuditFault(
      `The release of ${hold.id} is recorded, but ${error.message}. It counts as soon as a checkpoint covers it.`,
    )
  })
}
