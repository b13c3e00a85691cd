import { setTimeout as delay } from 'node:timers/promises'
import { codes } from '@postern/errors'
import type { HttpServer } from '@postern/testing'
import type { Strike } from '../../src/testing/faults/strikes.ts'
import { type Answer, callTool, isReplay, outcomeOf } from './call-tool.ts'
import type { Case } from './cases.ts'
import type { Stage } from './stage.ts'

const endLimitMs = 60_000
const pollMs = 30
const patienceMs = 300
const retryMsMax = 100

export type Breach =
  /** More than one effect. */
  | 'duplicate'
  /** Somebody was told of an effect that is not there. */
  | 'false success'
  /** It came to no end, or to an end that does not say what happened. */
  | 'lost'
  /** Nobody can tell, although its class could have. */
  | 'unknown'
  /** A repetition got another answer than the first. */
  | 'unfaithful replay'

/** One write, from its first call through its fault to its end. */
export class Round {
  readonly one: Case
  readonly marker: string
  readonly key: string
  readonly answers: Answer[] = []
  readonly breaches = new Set<Breach>()
  /** `ok`, `unknown`, `refused`, or whatever else it ended with. */
  end = 'none'
  /** From its fault to its end, in milliseconds. */
  endedAfterMs = 0
  /** Filled in when everything is over. */
  effects = 0
  first: Promise<Answer | undefined> = Promise.resolve(undefined)
  struckAt = performance.now()
  readonly #stage: Stage
  #input: object | undefined

  constructor(stage: Stage, one: Case, marker: string) {
    this.#stage = stage
    this.one = one
    this.marker = marker
    this.key = `struck-write-${marker}`
  }

  /** Sends the call that is to be struck. */
  async begin(server: HttpServer, strike?: Strike): Promise<void> {
    this.#input = await this.one.way.input(this.marker, this.#stage.upstream.url)
    this.first = this.#call(server, strike)
  }

  /**
   * Brings it to its end: by repeating the call, or, with `by: 'completer'`, by waiting until no process has anything to
   * do for it any more. Then the repetition must tell, and tell the same when it is repeated.
   */
  async settle(witness: HttpServer, by: 'caller' | 'completer'): Promise<void> {
    const limit = performance.now() + endLimitMs
    // A caller that got no answer does not repeat its call at once.
    await Promise.race([this.first, delay(patienceMs)])
    if (by === 'completer') {
      await this.#untilClosed(limit)
      this.endedAfterMs = performance.now() - this.struckAt
    }
    // Nothing was repeated until now: what has happened is the first call's doing.
    const denied = this.answers.some(saysNothingHappened)
    if (denied && (await this.#count()) > 0) this.breaches.add('lost')
    const last = await this.#untilFinal(witness, limit)
    if (by === 'caller') this.endedAfterMs = performance.now() - this.struckAt
    if (last === undefined) return
    this.end = endOf(last)
    const again = await this.#call(witness)
    if (again?.text !== last.text || !isReplay(again)) this.breaches.add('unfaithful replay')
  }

  /** Judges it, once nothing can happen to it any more. */
  judge(effects: number): void {
    this.effects = effects
    const finals = this.answers.filter(isFinal)
    if (effects > 1) this.breaches.add('duplicate')
    if (effects === 0 && finals.some((answer) => !answer.isError)) this.breaches.add('false success')
    if (new Set(finals.filter(wasRecorded).map(({ text }) => text)).size > 1) this.breaches.add('unfaithful replay')
    const refused = this.end === 'refused' && this.one.upstream?.do === 'refuse' && effects === 0
    if (this.end !== 'ok' && this.end !== 'unknown' && !refused) this.breaches.add('lost')
    if (this.end === 'unknown' && !this.#mayBeUnknown()) this.breaches.add('unknown')
  }

  async #count(): Promise<number> {
    return (await this.#stage.effects())[this.marker] ?? 0
  }

  /** Class `none`; and a lookup that found nothing, because nothing was there, in a place where that proves nothing. */
  #mayBeUnknown(): boolean {
    const { recovery, whenMissing } = this.one.way
    return recovery === 'none' || (recovery === 'lookup' && whenMissing === 'unknown' && this.effects === 0)
  }

  async #call(server: HttpServer, strike?: Strike): Promise<Answer | undefined> {
    const { tool } = this.one.way
    const call = { tool, input: this.#input ?? {}, key: this.key, marker: this.marker, ...(strike && { strike }) }
    const answer = await callTool(server, call)
    if (answer !== undefined) this.answers.push(answer)
    return answer
  }

  async #untilFinal(witness: HttpServer, limit: number): Promise<Answer | undefined> {
    for (;;) {
      const answer = await this.#call(witness)
      if (answer !== undefined && isFinal(answer)) return answer
      if (performance.now() > limit) return undefined
      await delay(Math.min(answer?.error?.retry_after_ms ?? pollMs, retryMsMax))
    }
  }

  async #untilClosed(limit: number): Promise<void> {
    while (performance.now() < limit) {
      // The database may be starting again.
      if ((await this.#isOpen().catch(() => true)) === false) return
      await delay(pollMs)
    }
  }

  async #isOpen(): Promise<boolean> {
    const row = await this.#stage.store
      .query<{ idempotency_claims: { id: string; state: string; arguments: string } }>()
      .selectFrom('idempotency_claims')
      .select('id')
      .where('state', 'in', ['claimed', 'sent'])
      .where('arguments', 'like', `%${this.marker}%`)
      .executeTakeFirst()
    return row !== undefined
  }
}

function isFinal({ isError, error }: Answer): boolean {
  return !isError || error?.retryable === false
}

/** One whose audit record came too late, after a pause, says no more than that it may have happened. */
function wasRecorded(answer: Answer): boolean {
  return outcomeOf(answer) !== 'UPSTREAM_UNAVAILABLE/outcome_unknown'
}

function endOf(answer: Answer): string {
  const outcome = outcomeOf(answer)
  if (outcome === 'ok') return 'ok'
  if (outcome.endsWith('/outcome_unknown')) return 'unknown'
  return answer.error && codes[answer.error.code].tookEffect === 'no' ? 'refused' : outcome
}

/** Not of a CONFLICT: that speaks of its own call only. */
function saysNothingHappened({ error }: Answer): boolean {
  if (error === undefined || error.code === 'CONFLICT') return false
  const { reason, outcome } = error.details
  if (reason === 'outcome_unknown' || outcome === 'unknown') return false
  return codes[error.code].tookEffect === 'no' || reason === 'not_executed'
}
