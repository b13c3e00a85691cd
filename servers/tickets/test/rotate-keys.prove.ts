import { type Guarded, leapingClock, startGuarded } from '@postern/testing'
import { ada, call, outcomeOf } from './identity.ts'

const workers = 4
const callsPerToken = 5
/** The server asks for keys at most once in 30 s of its monotonic clock. */
export const betweenRotationsMs = 31_000

/**
 * Rotates the key of a real authorization server without notice, again and again, while callers with old and new tokens
 * call a built server without pause.
 *
 * @param leap true: the clock of the server leaps from one rotation to the next, instead of 31 s passing
 * @returns the promise is 0 failed calls
 */
export async function rotateKeys({ rotations, leap }: { rotations: number; leap: boolean }) {
  const place = await startGuarded({
    server: 'tickets',
    scopes: 'tickets:read tickets:write',
    services: { robot: ada },
    changes: { 'limits.principal': '1000000/min' },
    env: leap ? leapingClock.env : {},
  })
  const outcomes: Record<string, number> = {}
  let stopped = false
  try {
    // The keys are fetched for the first time before the time between two fetches begins to pass.
    await callWithNewToken(place, 1, count)
    const load = Array.from({ length: workers }, () => work())
    for (let i = 0; i < rotations; i++) {
      if (leap) await leapingClock.leap(place.http, betweenRotationsMs)
      else await new Promise((resolve) => setTimeout(resolve, betweenRotationsMs))
      place.authorization.rotate()
      // Nobody is told: the next token names a key that the server has never seen.
      await callWithNewToken(place, 1, count)
    }
    stopped = true
    await Promise.all(load)
  } finally {
    await place.stop()
  }
  const { ok = 0, ...failed } = outcomes
  return { rotations, ok, failed, keyRequests: place.authorization.keyRequests }

  function count(outcome: string): void {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }

  async function work(): Promise<void> {
    while (!stopped) await callWithNewToken(place, callsPerToken, count)
  }
}

async function callWithNewToken(place: Guarded, times: number, count: (outcome: string) => void): Promise<void> {
  const token = await place.authorization.token('robot', { scope: 'tickets:read' })
  for (let i = 0; i < times; i++) count(outcomeOf(await call(place.http, 'whoami', {}, { token })))
}
