import type { Logger } from './logger.ts'
import type { Runtime } from './runtime.ts'

/** Running calls end within their deadline; this is what they get beyond the drain delay. */
export const graceMs = 30_000

/**
 * Ends the process in order: readiness off, calls served for `drainMs` while the load balancer notices, listener
 * closed, running calls ended or recorded, store closed, exit 0. A second signal changes nothing: a write that is under
 * way is recorded first.
 *
 * @returns starts the same end for another reason, such as stdin having closed
 */
export function shutdown(options: {
  runtime: Runtime
  log: Logger
  drainMs: number
  onDrain?: () => void
  /** Takes no new call any more, lets the running ones end, and only then ends the protocol. */
  close: () => Promise<void>
}): (reason: string) => void {
  const { runtime, log } = options
  let ending = false

  async function end(reason: string): Promise<void> {
    log.info({ reason, running: runtime.running() }, 'stopping')
    options.onDrain?.()
    if (options.drainMs > 0) await new Promise((resolve) => setTimeout(resolve, options.drainMs))
    await options.close()
    await runtime.idle(graceMs)
    await runtime.close()
    log.info('stopped')
    process.exit(0)
  }

  const begin = (reason: string): void => {
    if (ending) return
    ending = true
    end(reason).catch((error: unknown) => {
      log.fatal({ err: error }, 'could not stop cleanly')
      process.exit(1)
    })
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => begin(signal))
  return begin
}
