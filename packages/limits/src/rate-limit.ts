import { ToolError } from '@postern/errors'
import type { Store } from '@postern/store'
import { type Call, type Middleware, type Principal, principalId, type Target } from '@postern/tool'
import { type Spacing, spacing } from './gcra.ts'
import { describeRate, type Rate } from './parse-rate.ts'
import { SharedBuckets } from './shared-buckets.ts'
import { StoreBuckets } from './store-buckets.ts'

export interface RateLimitOptions {
  /** Calls of one caller over all targets. */
  readonly principal: Rate
  /** The rate of one target for one caller, where a role sets one: the most generous of the roles that grant it. */
  readonly rateOf: (principal: Principal, target: Target) => Rate | undefined
  /** Shares the numbers with the other processes of this server. Without it they are those of this process. */
  readonly store?: Store
  /** Milliseconds on a clock that never goes back; for tests. */
  readonly nowMs?: () => number
}

/**
 * Limits how often a caller may call: over all targets, and per target where a role says so. Counted per call, never
 * per HTTP request.
 *
 * The rate over all targets is kept in memory and settled with the other processes a moment later: it guards the
 * server, and must not cost a read anything. The rate a role gives for a target is a grant and exact over all
 * processes: each admitted call of such a target is one small write of the store.
 *
 * @throws ToolError RATE_LIMITED, with the time to wait
 */
export function rateLimit(options: RateLimitOptions): Middleware {
  const overall = new SharedBuckets(options.store, options.nowMs)
  const exact = options.store
    ? new StoreBuckets(options.store, options.nowMs)
    : new SharedBuckets(undefined, options.nowMs)
  const spacings = new Map<Rate, Spacing>()
  const spacingOf = (rate: Rate): Spacing => {
    const known = spacings.get(rate)
    if (known !== undefined) return known
    const made = spacing(rate)
    // Rates come from the environment file, so there are few; a caller that makes new ones must not fill the memory.
    if (spacings.size < spacingsMax) spacings.set(rate, made)
    return made
  }

  return async function rateLimit(call, next) {
    const caller = `${call.principal.tenant}\u0000${principalId(call.principal)}`
    const waitMs = overall.take(caller, spacingOf(options.principal))
    if (waitMs > 0)
      throw limited(
        call,
        'principal_rate',
        waitMs,
        `All tools together allow ${describeRate(options.principal)} for you.`,
      )

    const rate = options.rateOf(call.principal, call.target)
    if (rate === undefined) return next(call)
    const { kind, name } = call.target
    const waitForTargetMs = await exact.take(`${caller}\u0000${kind}\u0000${name}`, spacingOf(rate))
    if (waitForTargetMs > 0)
      throw limited(call, 'principal_tool_rate', waitForTargetMs, `${name} allows ${describeRate(rate)} for you.`)
    return next(call)
  }
}

const spacingsMax = 1000

function limited(
  call: Call,
  reason: 'principal_rate' | 'principal_tool_rate',
  waitMs: number,
  message: string,
): ToolError {
  const again = call.target.effect === 'read' ? 'the same call again' : 'the same call with the same idempotency_key'
  return new ToolError('RATE_LIMITED', reason, message, {
    retryAfterMs: waitMs,
    nextStep: `Wait ${seconds(waitMs)} s, then send ${again}.`,
  })
}

/** Rounded up: a wait that is a little short is refused again. */
const seconds = (ms: number): string => (Math.ceil(ms / 100) / 10).toString()
