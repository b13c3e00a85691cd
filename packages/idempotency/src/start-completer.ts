import { Claims } from './claims.ts'
import { leaseMsOf, type WriteOptions } from './options.ts'
import { recover, settled } from './recover.ts'
import { sweepClaims, takeAbandoned } from './take-abandoned.ts'

export interface CompleterOptions extends WriteOptions {
  /** How often to look, in milliseconds; default 2,000. */
  readonly pollMs?: number
  /** Told about what went wrong, once per look; the completer goes on. */
  readonly report?: (error: unknown) => void
}

export interface Completer {
  /** Looks once, now: ends what can be ended. Resolves to the number of claims it took. */
  run(): Promise<number>
  /** Starts nothing any more; resolves when what has begun has ended. */
  stop(): Promise<void>
}

const pollMsDefault = 2_000
const parallel = 4
const claimsPerRunMax = 100
const sweepEveryMs = 10 * 60 * 1000
const sweepRows = 200

/**
 * Drives writes to an end whose process is gone or that got no answer. Runs in every replica; whoever takes a claim
 * raises its fence, so each is worked on by one of them. Also deletes finished claims past their retention.
 */
export function startCompleter(options: CompleterOptions): Completer {
  const pollMs = options.pollMs ?? pollMsDefault
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let running: Promise<number> | undefined
  let sweptMs = Number.NEGATIVE_INFINITY

  const work = async (): Promise<number> => {
    let taken = 0
    const worker = async () => {
      while (!stopped && taken < claimsPerRunMax && (await completeOne(options))) taken++
    }
    try {
      // The first finds out whether there is work at all.
      if (await completeOne(options)) {
        taken++
        await Promise.all(Array.from({ length: parallel }, worker))
      }
      if (performance.now() - sweptMs > sweepEveryMs) {
        sweptMs = performance.now()
        while (!stopped && (await sweepClaims(options.store, sweepRows)) === sweepRows);
      }
    } catch (error) {
      options.report?.(error)
    }
    return taken
  }
  const run = (): Promise<number> => {
    running ??= work().finally(() => {
      running = undefined
    })
    return running
  }
  const schedule = () => {
    // Replicas that were started together do not look together.
    timer = setTimeout(() => void run().then(() => stopped || schedule()), pollMs * (0.8 + Math.random() * 0.4)).unref()
  }
  schedule()
  return {
    run,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}

/** Takes one abandoned claim and ends or postpones it; false when there is none. */
async function completeOne(options: WriteOptions): Promise<boolean> {
  const { store } = options
  const row = await takeAbandoned(store, leaseMsOf(options, undefined))
  if (row === undefined) return false
  const claims = new Claims(store)
  if (row.state === 'claimed') {
    // Nothing had left: the key is free again.
    await store.transaction(async (transaction) => {
      if (await claims.release(row, transaction))
        await settled(options, row, { outcome: 'not_executed', by: 'recovery' }, transaction)
    })
    return true
  }
  const target = options.target(row.tool)
  if (target && leaseMsOf(options, target) > leaseMsOf(options, undefined))
    await claims.handOver(row, leaseMsOf(options, target))
  await recover(options, row)
  return true
}
