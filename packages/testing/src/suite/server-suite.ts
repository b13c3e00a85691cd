import { describe } from 'vitest'
import { clientsSuite } from './clients.ts'
import { durabilitySuite } from './durability.ts'
import { hostileSuite } from './hostile.ts'
import { rawLinesSuite } from './raw-lines.ts'
import type { Sample } from './sample.ts'
import { shutdownSuite } from './shutdown.ts'
import { startSuite } from './start.ts'

/** What every server must pass, run against its built bundle: real processes, real clients, real sockets, real crashes. */
export function serverSuite(sample: Sample): void {
  describe(`the built ${sample.server} server`, () => {
    clientsSuite(sample)
    rawLinesSuite(sample)
    hostileSuite(sample)
    startSuite(sample)
    shutdownSuite(sample)
    if (sample.write) durabilitySuite(sample, sample.write)
  })
}
