import { changedNothing, ToolError } from '@postern/errors'
import type { OpenTransaction } from '@postern/store'
import type { Call, Reply } from '@postern/tool'
import type { ClaimedEffect, Fate } from './claimed-effect.ts'
import type { Answer, ClaimAt, Claims, Held } from './claims.ts'
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

type Failed = Extract<Fate, { kind: 'failed' }>

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
      return executed(driven, fate.recovery, ended)
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
  return recorded(driven, ended.reply)
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
  if (row?.state === 'done' && row.fence === held.fence) return recorded(driven, reply)
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

async function executed(driven: Driven, recovery: string, ended: Ended): Promise<Reply> {
  const { options, call } = driven
  await options.fault?.('K5')
  const lost = 'error' in ended ? answerLost(call.target.name, ended.error) : undefined
  const reply = 'reply' in ended ? ended.reply : options.toReply(ToolError.from(lost), call.requestId)
  const other = await keep(driven, recovery, answer(call, 'executed', reply))
  if (other !== undefined) return replay(options, call, other)
  if (lost === undefined) return recorded(driven, reply)
  call.notes.write = 'executed'
  throw lost
}

/** What was sent came to no good end (rule I9). */
async function failed(driven: Driven, { error, recovery, settleMs }: Failed): Promise<Reply> {
  const { options, claims, held, call } = driven
  const { name } = call.target
  switch (endingOf(error)) {
    case 'refused': {
      const reply = options.toReply(ToolError.from(error), call.requestId)
      const other = await keep(driven, recovery, answer(call, 'refused', reply))
      if (other !== undefined) return replay(options, call, other)
      call.notes.write = 'refused'
      throw error
    }
    case 'not_executed':
      return unsent(driven, error)
    case 'unclear': {
      call.notes.write = 'unknown'
      if (recovery === 'none') {
        const unknown = outcomeUnknown(name, held.id, error)
        const reply = options.toReply(unknown, call.requestId)
        // Not recorded now: the completer knows no more and records the same.
        await claims.finish(held, answer(call, 'unknown', reply)).catch(() => false)
        throw unknown
      }
      // Whoever asks next, or a completer, may find out from now on.
      await claims.handOver(held, settleMs).catch(() => false)
      throw settling(name, Math.max(settleMs, settleSoonMs), error)
    }
  }
}

/**
 * Records how a request that left has ended. Undefined when it is recorded. A process that was taken over while it ran
 * gets the row of its successor: the one truth for its own caller and for every repetition.
 *
 * @throws ToolError when neither can be had: a completer may still send it again, so the caller is told no more
 */
async function keep(driven: Driven, recovery: string, answer: Answer): Promise<ClaimAt | undefined> {
  const { claims, held, call } = driven
  const { name } = call.target
  const finish = () => claims.finish(held, answer)
  const unrecorded = (cause?: unknown) =>
    recovery === 'none' ? outcomeUnknown(name, held.id, cause) : settling(name, settleSoonMs, cause)
  call.notes.write = 'unknown'
  try {
    // A second try: after a restart of the database the first statement only finds that its connection is gone.
    if (await finish().catch(finish)) return undefined
    const row = await claims.read(held.id)
    // The first try had arrived after all.
    if (row?.state === 'done' && row.fence === held.fence) return undefined
    if (row?.state === 'done' || row?.state === 'unknown') return row
  } catch (cause) {
    throw unrecorded(cause)
  }
  throw unrecorded()
}

async function recorded({ options, call }: Driven, reply: Reply): Promise<Reply> {
  call.notes.write = 'executed'
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
