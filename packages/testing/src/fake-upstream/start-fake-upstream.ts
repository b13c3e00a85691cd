import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Lines } from '../lines.ts'
import { within } from '../within.ts'
import type { UpstreamFault } from './upstream-fault.ts'

/** A vendor that can be told to misbehave, and that knows how often something really happened. */
export interface FakeUpstream {
  readonly url: string
  /** How often each marker took effect; one that never did is absent. */
  counts(): Promise<Readonly<Record<string, number>>>
  count(marker: string): Promise<number>
  /** What happens to the next request that writes for this marker. */
  fail(marker: string, fault: UpstreamFault): Promise<void>
  /** Resolves when a request for this marker is held. */
  held(marker: string): Promise<void>
  release(marker: string): Promise<void>
  stop(): Promise<void>
}

const startLimitMs = 15_000
const heldLimitMs = 30_000

/**
 * Starts the fake upstream as a process of its own, on a free port of the loopback interface. It ends with this process.
 *
 * @param searchLagMs how long a new record stays invisible to its search, in milliseconds
 */
export async function startFakeUpstream({ searchLagMs = 0 } = {}): Promise<FakeUpstream> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./program.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const port = await within(
    startLimitMs,
    'the port of the fake upstream',
    new Lines(child.stdout).find(() => true),
  )
  const url = `http://127.0.0.1:${port}`

  async function control(what: string, body?: object, limitMs = startLimitMs): Promise<unknown> {
    const response = await fetch(`${url}/control/${what}`, {
      method: 'POST',
      body: JSON.stringify(body ?? {}),
      signal: AbortSignal.timeout(limitMs),
    })
    return response.json()
  }
  const about = (what: string, marker: string) => `${what}?marker=${encodeURIComponent(marker)}`

  await control('settings', { searchLagMs })
  return {
    url,
    counts: async () => (await control('counts')) as Record<string, number>,
    count: async (marker) => (await control(about('count', marker))) as number,
    fail: async (marker, fault) => void (await control(about('fault', marker), fault)),
    held: async (marker) => void (await control(about('held', marker), {}, heldLimitMs)),
    release: async (marker) => void (await control(about('release', marker))),
    async stop() {
      child.stdin.end()
      await exited
    },
  }
}
