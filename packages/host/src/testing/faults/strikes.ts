import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import type { WriteTrial } from '../../assemble.ts'

type Fault = NonNullable<WriteTrial['fault']>

/** What a driver orders for one request, as JSON in the header `strikeHeader`. */
export interface Strike {
  readonly at: Parameters<Fault>[0]
  /** `die`: SIGKILL there and then. `park`: says on stderr that it is there, and waits for its id on stdin. */
  readonly do: 'die' | 'park'
  readonly id: string
}
export const strikeHeader = 'x-postern-strike'

/** How long a claim is held in such a process, in milliseconds. A driver may choose with `TRIAL_LEASE_MS`. */
export const trialLeaseMs = 800
const pollMs = 100
const auditHeartbeatMs = 300

/**
 * Puts a server over HTTP into the hands of a driver. Only programs of tests call this: it is what makes them different
 * from a bundle.
 */
export function strikes(): WriteTrial {
  const ordered = new AsyncLocalStorage<Strike | undefined>()
  const parked = new Map<string, () => void>()
  subscribe('http.server.request.start', (message) => {
    const order = (message as { request: IncomingMessage }).request.headers[strikeHeader]
    ordered.enterWith(typeof order === 'string' ? (JSON.parse(order) as Strike) : undefined)
  })
  // The driver holds the other end: without it nobody needs this process.
  createInterface({ input: process.stdin })
    .on('line', (id) => parked.get(id)?.())
    .on('close', () => process.exit())
  // A start that fails ends the process, as it does without this.
  process.stdin.unref()
  return {
    leaseMs: Number(process.env['TRIAL_LEASE_MS'] ?? trialLeaseMs),
    pollMs,
    auditHeartbeatMs,
    async fault(point) {
      const strike = ordered.getStore()
      if (strike?.at !== point) return
      if (strike.do === 'die') process.kill(process.pid, 'SIGKILL')
      const { promise, resolve } = Promise.withResolvers<void>()
      parked.set(strike.id, resolve)
      process.stderr.write(`${parkedLine(strike.id)}\n`)
      await promise
    },
  }
}

/** What a process writes to stderr when a request has come to where it parks. */
export function parkedLine(id: string): string {
  return JSON.stringify({ parked: id })
}
