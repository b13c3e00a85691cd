import type { AuditRecord, Entry } from './record.ts'

/** A write whose process is gone, by its intent. */
export interface LeftWrite {
  readonly request: string
  /** Its claim, and the store that is in. */
  readonly claim: { readonly id: string; readonly store: string } | undefined
  /** ISO 8601, by the clock of its process. */
  readonly time: string
}

/**
 * `open`: it is still being brought to an end, and whoever does so records it. `told`: somebody has ended and recorded
 * it.
 */
export type LeftOutcome = 'executed' | 'refused' | 'not_executed' | 'unknown' | 'open' | 'told'

/** What became of writes whose processes are gone, in the order of the question. */
export type OutcomesOf = (writes: readonly LeftWrite[]) => Promise<readonly LeftOutcome[]>

export interface LeftOutcomes {
  /** The outcomes that are to be recorded. */
  readonly missing: readonly Entry[]
  /** Intents to be asked for again. */
  readonly open: readonly AuditRecord[]
}

/** Asks what became of writes that have an intent and no outcome. */
export async function leftOutcomes(intents: readonly AuditRecord[], outcomesOf: OutcomesOf): Promise<LeftOutcomes> {
  if (intents.length === 0) return { missing: [], open: [] }
  const outcomes = await outcomesOf(intents.map(leftWrite))
  const all = intents.map((intent, n) => ({ intent, outcome: outcomes[n] ?? 'open' }))
  return {
    missing: all.flatMap(({ intent, outcome }) =>
      outcome === 'open' || outcome === 'told' ? [] : [entryOf(intent, outcome)],
    ),
    open: all.flatMap(({ intent, outcome }) => (outcome === 'open' ? [intent] : [])),
  }
}

function leftWrite({ request = '', write, time }: AuditRecord): LeftWrite {
  const { claim, store } = write ?? {}
  return { request, time, claim: claim === undefined || store === undefined ? undefined : { id: claim, store } }
}

/** Who and what as the intent has it. */
function entryOf(intent: AuditRecord, state: string): Entry {
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
    write: { claim: write?.claim, key_hmac: write?.key_hmac, state, store: write?.store },
    detail: { by: 'claim' },
  }
}
