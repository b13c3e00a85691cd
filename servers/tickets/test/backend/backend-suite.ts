import { afterAll, beforeAll, describe } from 'vitest'
import { type BackendUnderTest, type Bench, benchOf } from './bench.ts'
import { draftSuite } from './draft-suite.ts'
import { projectSuite } from './project-suite.ts'
import { searchSuite } from './search-suite.ts'
import { ticketSuite } from './ticket-suite.ts'

/** What every backend has to do, whatever system it speaks to. Authorization is not its business: `bind` is above it. */
export function backendSuite(name: string, open: () => Promise<BackendUnderTest>): void {
  describe(name, () => {
    let bench: Bench
    beforeAll(async () => {
      bench = benchOf(await open())
    })
    afterAll(() => bench.under.close())

    ticketSuite(() => bench)
    searchSuite(() => bench)
    draftSuite(() => bench)
    projectSuite(() => bench)
  })
}
