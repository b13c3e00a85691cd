import { parseRate, type Rate } from '@postern/limits'
import type { Decide } from '@postern/policy'
import type { Principal, Target } from '@postern/tool'

/** The rate of a target for a caller: the most generous of the roles that grant it. Each text is read once. */
export function rates(decide: Decide): (principal: Principal, target: Target) => Rate | undefined {
  const parsed = new Map<string, Rate>()
  const read = (text: string): Rate => {
    const rate = parsed.get(text) ?? parseRate(text)
    parsed.set(text, rate)
    return rate
  }
  return (principal, target) => {
    const decision = decide(principal, target)
    if (!decision.allowed) return undefined
    let most: Rate | undefined
    for (const grant of decision.grants) {
      // A grant without a rate of its own is bounded by the caller's overall rate only.
      if (grant.rate === undefined) return undefined
      const rate = read(grant.rate)
      if (most === undefined || rate.calls / rate.perMs > most.calls / most.perMs) most = rate
    }
    return most
  }
}
