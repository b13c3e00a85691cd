import { changedNothing, ToolError } from '@postern/errors'
import type { OpenTransaction } from '@postern/store'
import type { Call, Reply } from '@postern/tool'
import type { ClaimedEffect, Fate } from './claimed-effect.ts'
import type { Answer, Claims, Held } from './claims.ts'
import { endingOf } from './ending-of.ts'
import type { WriteOptions } from './options.ts'
import { replay } from './replay.ts'
import { answerLost, nothingHappened, outcomeUnknown, settling, takenOver } from './write-errors.ts'

/** A call that held a claim and has come back up the pipeline. */
export interface Driven {
  readonly options: WriteOptions
  readonly claims: Claims
  readonly held: Held
  readonly call: Call
}
/** How it came back. */
export type Ended = { readonly reply: Reply } | { readonly error: unknown }

const settleSoonMs = 1_000

/**
 * Records what became of a write, then answers. One rule above all: nobody is told that nothing happened, or that
 * something did, before the store knows it too.
 */
export async function settle(driven: Driven, effect: ClaimedEffect, ended: Ended): Promise<Reply> {
  const { fate } = effect
  switch (fate.kind) {
    case 'none':
      return untouched(driven, ended)
    case 'open':
      return changed(driven, fate.open, ended)
    case 'unsent':
      return unsent(driven, 'error' in ended ? ended.error : undefined)
    case 'executed':
      return executed(driven, ended)
    case 'failed':
      return failed(driven, fate)
  }
}

/** No effect began. A failure gives the key back; a success without anything to change is kept like any other. */
async function untouched(driven: Driven, ended: Ended): Promise<Reply> {
  const { claims, held, call } = driven
  call.notes.write = 'not_executed'
  if ('reply' in ended && !ended.reply.isError) {
    const kept = await claims.finish(held, answer(call, 'unchanged', ended.reply))
    if (!kept) throw takenOver(call.target.name)
    return ended.reply
  }
  // The completer frees what cannot be freed now.
  await claims.release(held).catch(() => false)
  return passOn(ended)
}

/** A change of the store: change, outcome and answer become durable together or not at all. */
async function changed(driven: Driven, open: OpenTransaction, ended: Ended): Promise<Reply> {
  const { options, claims, held, call } = driven
  if ('error' in ended || ended.reply.isError) {
    await open.rollback()
    return untouched(driven, ended)
  }
  try {
    await options.fault?.('K5')
    if (!(await claims.finish(held, answer(call, 'executed', ended.reply), open.transaction)))
      throw takenOver(call.target.name)
  } catch (error) {
    await open.rollback()
    return untouched(driven, { error })
  }
  try {
    await open.commit()
  } catch (error) {
    return afterLostCommit(driven, ended.reply, error)
  }
  return recorded(driven, 'executed', ended.reply)
}

/** The commit went out and its answer was lost. Whether the key can be given back says whether it arrived. */
async function afterLostCommit(driven: Driven, reply: Reply, error: unknown): Promise<Reply> {
  const { claims, held, call } = driven
  const { name } = call.target
  const row = await claims
    .release(held)
    .then((released) => (released ? undefined : claims.read(held.id)))
    .catch((cause: unknown) => {
      call.notes.write = 'unknown'
      throw settling(name, settleSoonMs, cause)
    })
  if (row?.state === 'done' && row.fence === held.fence) return recorded(driven, 'executed', reply)
  call.notes.write = 'not_executed'
  throw error instanceof ToolError && changedNothing(error) ? error : nothingHappened(name, error)
}

/** Nothing has left. If the store cannot be told so, the completer may still send it, so nobody is told either. */
async function unsent(driven: Driven, error: unknown): Promise<Reply> {
  const { claims, held, call } = driven
  const { name } = call.target
  call.notes.write = 'unknown'
  const released = await claims.release(held).catch((cause: unknown) => {
    throw settling(name, settleSoonMs, cause)
  })
  call.notes.write = 'not_executed'
  if (!released) throw takenOver(name)
  throw error instanceof ToolError && changedNothing(error) ? error : nothingHappened(name, error)
}

async function executed(driven: Driven, ended: Ended): Promise<Reply> {
  const { options, call } = driven
  await options.fault?.('K5')
  if ('reply' in ended) return record(driven, 'executed', ended.reply)
  const lost = answerLost(call.target.name, ended.error)
  await record(driven, 'executed', options.toReply(lost, call.requestId))
  throw lost
}

/** What was sent came to no good end (rule I9). */
async function failed(driven: Driven, fate: Extract<Fate, { kind: 'failed' }>): Promise<Reply> {
  const { options, claims, held, call } = driven
  const { name } = call.target
  switch (endingOf(fate.error)) {
    case 'refused': {
      const reply = options.toReply(ToolError.from(fate.error), call.requestId)
      call.notes.write = 'refused'
      // Not recorded: the completer asks again and gets the same refusal.
      await claims.finish(held, answer(call, 'refused', reply)).catch(() => false)
      throw fate.error
    }
    case 'not_executed':
      return unsent(driven, fate.error)
    case 'unclear': {
      call.notes.write = 'unknown'
      if (fate.recovery === 'none') {
        const unknown = outcomeUnknown(name, held.id, fate.error)
        const reply = options.toReply(unknown, call.requestId)
        await claims.finish(held, answer(call, 'unknown', reply)).catch(() => false)
        throw unknown
      }
      // Whoever asks next, or a completer, may find out from now on.
      await claims.handOver(held, fate.settleMs).catch(() => false)
      throw settling(name, Math.max(fate.settleMs, settleSoonMs), fate.error)
    }
  }
}

async function record(driven: Driven, outcome: 'executed', reply: Reply): Promise<Reply> {
  const { claims, held, call, options } = driven
  const finish = () => claims.finish(held, answer(call, outcome, reply))
  call.notes.write = 'unknown'
  // A second try: after a restart of the database the first statement only finds that its connection is gone.
  const kept = await finish()
    .catch(finish)
    .catch((cause: unknown) => {
      throw settling(call.target.name, settleSoonMs, cause)
    })
  if (kept) return recorded(driven, outcome, reply)
  const row = await claims.read(held.id).catch(() => undefined)
  // The first try had arrived after all.
  if (row?.state === 'done' && row.fence === held.fence) return recorded(driven, outcome, reply)
  // Taken over while it ran: the row is the one truth for this caller and for every repetition.
  if (row?.state === 'done' || row?.state === 'unknown') return replay(options, call, row)
  throw settling(call.target.name, settleSoonMs)
}

async function recorded({ options, call }: Driven, outcome: 'executed', reply: Reply): Promise<Reply> {
  call.notes.write = outcome
  await options.fault?.('K6')
  return reply
}

function answer(call: Call, outcome: Answer['outcome'], reply: Reply): Answer {
  return { outcome, reply, notes: call.notes }
}

function passOn(ended: Ended): Reply {
  if ('reply' in ended) return ended.reply
  throw ended.error
}
