import type { Call, Handler, Middleware, Reply } from '@postern/tool'
import { ClaimedEffect } from './claimed-effect.ts'
import { type ClaimAt, Claims, type Held } from './claims.ts'
import { leaseMsOf, type WriteOptions } from './options.ts'
import { recover, settled } from './recover.ts'
import { replay } from './replay.ts'
import { type Ended, settle } from './settle.ts'
import { takeClaim } from './take-claim.ts'
import { inProgress, keyReused, settling } from './write-errors.ts'

/**
 * Writes happen once. Reads pass straight through; a write claims its key (`call.idempotencyKey`, which `validate` has
 * checked) before anything inside of this layer runs, and its answer is recorded before it goes out.
 *
 * Same key and same arguments: the same answer, marked as a replay. Same key, other arguments: CONFLICT/key_reused.
 * Same key while it runs: CONFLICT/in_progress, at once.
 *
 * Stands after `validate` and around approval, deadline and handler. When the store is down writes fail closed
 * (UPSTREAM_UNAVAILABLE/store_down) and reads go on.
 */
export function idempotency(options: WriteOptions): Middleware {
  return async function idempotency(call, next) {
    if (call.target.effect === 'read') return next(call)
    const { name } = call.target
    if (call.idempotencyKey === undefined) throw new Error(`${name} writes, but validate found no idempotency_key`)
    const leaseMs = leaseMsOf(options, call.target)
    await options.fault?.('K1')
    const taken = await takeClaim(
      {
        store: options.store,
        space: options,
        leaseMs,
        takenOver: (row, transaction) =>
          settled(options, row, { outcome: 'not_executed', by: 'takeover' }, transaction),
      },
      call,
      call.idempotencyKey,
    )
    switch (taken.kind) {
      case 'held':
        return drive(options, call, next, taken.held, leaseMs)
      case 'abandoned':
        return recovered(options, call, taken.row)
      case 'finished':
        return replay(options, call, taken.row)
      case 'running':
        throw inProgress(name, taken.leaseLeftMs)
      case 'reused':
        throw keyReused(name)
    }
  }
}

/** The call holds its claim: it may have its effect. */
async function drive(options: WriteOptions, call: Call, next: Handler, held: Held, leaseMs: number): Promise<Reply> {
  const claims = new Claims(options.store)
  // A person who is asked takes longer than a lease. From the effect on, its own statements set the lease.
  const renewal = setInterval(() => void claims.renew(held, leaseMs).catch(() => false), leaseMs / 3).unref()
  const parts = { store: options.store, claims, held, call, leaseMs, options }
  const effect = new ClaimedEffect(parts, () => clearInterval(renewal))
  let ended: Ended
  try {
    await options.fault?.('K2')
    ended = { reply: await next({ ...call, effect }) }
  } catch (error) {
    ended = { error }
  }
  clearInterval(renewal)
  await effect.close()
  return settle({ options, claims, held, call }, effect, ended)
}

/** The call that sent it is gone; this one finds out what became of it, and answers with that. */
async function recovered(options: WriteOptions, call: Call, row: ClaimAt): Promise<Reply> {
  call.notes.write = 'unknown'
  const now = await recoverAndRead(options, row).catch((cause: unknown) => {
    // The store was lost on the way. Whatever that error says, something had been sent before.
    throw settling(row.tool, 0, cause)
  })
  if ('waitMs' in now) throw settling(row.tool, now.waitMs)
  return replay(options, call, now)
}

async function recoverAndRead(options: WriteOptions, row: ClaimAt): Promise<ClaimAt | { readonly waitMs: number }> {
  const result = await recover(options, row)
  if (result !== 'finished') return result
  const now = await new Claims(options.store).read(row.id)
  return now?.state === 'done' || now?.state === 'unknown' ? now : { waitMs: 0 }
}
