import { ToolError } from '@postern/errors'
import type { Call, Principal, Reply, Transaction } from '@postern/tool'
import type { ClaimRow } from './claim-table.ts'
import { type Answer, type ClaimAt, Claims } from './claims.ts'
import { leaseMsOf, type SettledWrite, type WriteOptions, windowMsOf } from './options.ts'
import { RecoveringEffect, type RecoveryFate } from './recovering-effect.ts'
import { answerLost, outcomeUnknown } from './write-errors.ts'

/** `finished`: the row has its answer. Otherwise when to come back. */
export type Recovered = 'finished' | { readonly waitMs: number }

const giveUpMs = 24 * 60 * 60 * 1000
const backoffMsMax = 30_000
/** A handler that fails by itself before its effect, every time, will do so for ever. */
const ownFaultsMax = 5

/**
 * Finds out what became of a write that was sent by a process that is gone, or without an answer: runs its handler
 * again from the stored arguments and caller, with an effect that recovers. The caller of this holds the claim.
 */
export async function recover(options: WriteOptions, row: ClaimAt): Promise<Recovered> {
  const target = options.target(row.tool)
  if (row.recovery === 'none') return unknown(options, row, 'the backend has no way to find out')
  if (row.now - (row.sent_at ?? row.created_at) > giveUpMs)
    return unknown(options, row, 'no recovery came to an end in a day')
  // Another version of the server, in a rolling deployment, may still have it.
  if (target === undefined || major(target.version) !== major(row.version)) return later(options, row, {})

  const leaseMs = leaseMsOf(options, target)
  const effect = new RecoveringEffect({ claims: new Claims(options.store), row, leaseMs })
  const call: Call = {
    target,
    principal: JSON.parse(row.principal ?? 'null') as Principal,
    input: JSON.parse(row.arguments ?? 'null'),
    requestId: row.request_id,
    signal: AbortSignal.timeout(windowMsOf(leaseMs)),
    client: { transport: 'internal', era: 'internal' },
    effect,
    notes: {},
  }
  const ended = await options.resume(call).then(
    (reply) => ({ reply }),
    (error: unknown) => ({ error }),
  )
  await effect.close()
  return conclude(options, row, call, effect.fate, ended)
}

async function conclude(
  options: WriteOptions,
  row: ClaimAt,
  call: Call,
  fate: RecoveryFate,
  ended: { readonly reply: Reply } | { readonly error: unknown },
): Promise<Recovered> {
  switch (fate.kind) {
    case 'executed': {
      const reply = 'reply' in ended ? ended.reply : options.toReply(answerLost(row.tool, ended.error), row.request_id)
      return finish(options, row, { outcome: 'executed', reply, notes: call.notes })
    }
    case 'wait':
      return later(options, row, { waitMs: fate.waitMs, miss: fate.miss })
    case 'hopeless':
      return unknown(options, row, fate.why, call.notes)
    case 'failed': {
      // A refusal now is no proof that the first request was refused as well.
      const error = ToolError.from(fate.error)
      const definite = !error.retryable && error.code !== 'UPSTREAM_TIMEOUT' && error.code !== 'UPSTREAM_UNAVAILABLE'
      if (definite && error.code !== 'INTERNAL')
        return unknown(options, row, `refused when it was sent again: ${error.code}/${error.reason}`, call.notes)
      return later(options, row, { attempt: true })
    }
    case 'none': {
      const error = ToolError.from('error' in ended ? ended.error : new Error('the handler did not reach its effect'))
      if (!error.retryable && row.attempts + 1 >= ownFaultsMax)
        return unknown(options, row, `its handler fails before the effect: ${error.code}/${error.reason}`, call.notes)
      return later(options, row, { attempt: true })
    }
  }
}

function unknown(options: WriteOptions, row: ClaimAt, why: string, notes: Call['notes'] = {}): Promise<Recovered> {
  const reply = options.toReply(outcomeUnknown(row.tool, row.id), row.request_id)
  return finish(options, row, { outcome: 'unknown', reply, notes, note: why })
}

async function finish(options: WriteOptions, row: ClaimAt, answer: Answer & { outcome: 'executed' | 'unknown' }) {
  const claims = new Claims(options.store)
  await options.store.transaction(async (transaction) => {
    // Lost to somebody else: then there is somebody else who finishes it.
    if (await claims.finish(row, { ...answer, endedBy: 'recovery' }, transaction))
      await settled(options, row, { outcome: answer.outcome, by: 'recovery' }, transaction)
  })
  return 'finished' as const
}

async function later(
  options: WriteOptions,
  row: ClaimAt,
  { waitMs = backoffMs(row.attempts), ...counted }: { waitMs?: number; attempt?: boolean; miss?: boolean },
): Promise<Recovered> {
  await new Claims(options.store).handOver(row, waitMs, counted)
  return { waitMs }
}

/** Tells audit about a write that ended otherwise than through its own call. */
export async function settled(
  options: Pick<WriteOptions, 'settled'>,
  row: ClaimRow,
  how: Pick<SettledWrite, 'outcome' | 'by'>,
  transaction: Transaction,
): Promise<void> {
  const { id, request_id: requestId, tool, version, tenant, issuer, subject } = row
  await options.settled?.({ id, requestId, tool, version, caller: { tenant, issuer, subject }, ...how }, transaction)
}

const backoffMs = (attempts: number): number => Math.min(1_000 * 2 ** attempts, backoffMsMax)
const major = (version: string): string | undefined => version.split('.')[0]
