import { closeLeftOpen, type OutcomesOf } from './close-left-open.ts'
import { endsWell } from './left-open.ts'
import type { Detail } from './record.ts'
import type { Sink } from './sink.ts'
import type { PrunableTrail } from './trail.ts'

/** A sink on a chain whose last writer is gone. */
export interface AdoptedSink {
  readonly sink: Sink
  readonly torn?: Detail
}

export interface Neighbourhood {
  /** The chain of this process. */
  readonly own: string
  readonly trail: PrunableTrail
  /** Takes over a chain for a moment; undefined when somebody writes to it, or it is damaged. */
  adopt(chain: string): Promise<AdoptedSink | undefined>
  readonly outcomesOf: OutcomesOf
  /** Begins with no other chain any more. */
  readonly signal: AbortSignal
}

/**
 * Closes what other processes of the server left open in chains that nobody has continued since: a replica that is gone
 * for good, or whose successor took another chain. Such a chain then ends with a stop.
 */
export async function closeAbandoned({ own, trail, adopt, outcomesOf, signal }: Neighbourhood): Promise<void> {
  for (const chain of await trail.chains()) {
    if (signal.aborted) return
    if (chain === own) continue
    if (await endsWell(trail, chain)) continue
    const adopted = await adopt(chain)
    if (adopted === undefined) continue
    try {
      await closeLeftOpen({ ...adopted, trail, outcomesOf })
      await adopted.sink.append({ phase: 'stop', detail: { open: 0, by: own } }, 'durable')
    } finally {
      await adopted.sink.close()
    }
  }
}
