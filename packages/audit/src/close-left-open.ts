import { endsWell, leftOpen } from './left-open.ts'
import { member, parseLine } from './read-line.ts'
import type { AuditRecord, Detail, Entry } from './record.ts'
import type { Sink } from './sink.ts'
import type { PrunableTrail } from './trail.ts'

/** A write whose process is gone, by its intent. */
export interface LeftOpen {
  readonly request: string
  /** Id of its claim. */
  readonly claim: string | undefined
  /** ISO 8601, by the clock of its process. */
  readonly time: string
}

/** `open`: it is still being brought to an end, and whoever does so records it. */
export type LeftOutcome = 'executed' | 'refused' | 'not_executed' | 'unknown' | 'open'

/** What became of writes whose processes are gone, in the order of the question. */
export type OutcomesOf = (writes: readonly LeftOpen[]) => Promise<readonly LeftOutcome[]>

export interface TakenOver {
  readonly sink: Sink
  readonly trail: PrunableTrail
  readonly outcomesOf: OutcomesOf | undefined
  /** What a crash left unfinished at the end of the chain. */
  readonly torn?: Detail
}

/** Clocks of two hosts differ by less than this, in milliseconds. */
const clockSkewMs = 5 * 60 * 1000

/**
 * Takes up a chain whose last writer did not end in order: says so, names a torn line, and gives every write that has an
 * intent only the outcome that its claim knows. A crash between the commit of a write and its outcome leaves such a pair.
 *
 * @returns whether nothing stays open but what somebody still brings to an end
 */
export async function closeLeftOpen({ sink, trail, outcomesOf, torn }: TakenOver): Promise<boolean> {
  if (torn === undefined && (await endsWell(trail, sink.chain))) return true
  const intents = await leftOpen(trail, sink.chain)
  const outcomes = intents.length === 0 ? [] : ((await outcomesOf?.(intents.map(leftOpenOf))) ?? [])
  const ended = intents.flatMap((intent, n) => {
    const outcome = outcomes[n]
    return outcome === undefined || outcome === 'open' ? [] : [{ intent, outcome }]
  })
  // Asked last: whoever ends a write records that first.
  const recorded = await recordedElsewhere(trail, sink.chain, intents)
  const missing = ended.filter(({ intent }) => !recorded.has(intent.request ?? ''))
  await sink.append({ phase: 'resumed', detail: { reason: 'taken_over', closed: missing.length, ...torn } }, 'durable')
  await Promise.all(missing.map(({ intent, outcome }) => sink.append(closing(intent, outcome), 'durable')))
  return outcomes.length === intents.length
}

function leftOpenOf({ request = '', write, time }: AuditRecord): LeftOpen {
  return { request, claim: write?.claim, time }
}

/** The outcome of another process's write: who and what as its intent has it. */
function closing(intent: AuditRecord, state: string): Entry {
  const { request, traceparent, target, effect, tenant, principal, credential, key_id, policy, write } = intent
  return {
    phase: 'outcome',
    request,
    traceparent,
    target,
    effect,
    tenant,
    principal,
    credential,
    key_id,
    policy,
    write: { ...write, state },
    detail: { by: 'claim' },
  }
}

/** Requests whose outcome stands in another chain, because another process had ended the write. */
async function recordedElsewhere(
  trail: PrunableTrail,
  own: string,
  intents: readonly AuditRecord[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  if (intents.length === 0) return found
  const requests = new Set(intents.map(({ request }) => request))
  const began = Math.min(...intents.map(({ time }) => Date.parse(time)))
  const since = new Date(began - clockSkewMs).toISOString()
  for (const chain of await trail.chains()) {
    if (chain === own) continue
    for await (const { lines } of trail.lines(chain, since))
      for (const line of lines) {
        if (!line.includes('"phase":"outcome"')) continue
        const request = member(line, 'request') ?? ''
        if (requests.has(request) && parseLine(line)?.phase === 'outcome') found.add(request)
      }
  }
  return found
}
