import { openTrails, verify } from '@postern/audit'
import type { Call } from '@postern/tool'
import type { Deployment } from '../../src/deployment.ts'

/** Which records a call has to leave, in their order. */
const phasesOf = { read: 'read', write: 'intent outcome', destructive: 'intent outcome' }

/** The calls that were made, to be compared with the trail. */
export class RecordedCalls {
  readonly #expected = new Map<string, string>()
  #calls = 0

  add(call: Call, by: 'with' | 'without'): void {
    this.#calls += 1
    if (by === 'with') this.#expected.set(call.requestId, phasesOf[call.target.effect])
  }

  get count(): number {
    return this.#calls
  }

  /**
   * How many calls have not the records they should: those with audit every one of theirs, those without it none.
   * Where the trail is not intact, that is one more.
   */
  async wrong({ environment, context }: Deployment, server: string, dataDirectory: string): Promise<number> {
    const { store } = context
    const place = { environment: environment.environment, server, dataDirectory, store }
    const found = new Map<string, string>()
    let broken = 0
    for (const trail of await openTrails({ section: environment.audit, ...place })) {
      const { exitCode } = await verify({ trail, onRecord: (line) => note(found, line) })
      if (exitCode !== 0) broken += 1
    }
    const requests = new Set([...found.keys(), ...this.#expected.keys()])
    return broken + [...requests].filter((request) => found.get(request) !== this.#expected.get(request)).length
  }
}

function note(found: Map<string, string>, line: string): void {
  const { request, phase } = JSON.parse(line) as { request?: string; phase: string }
  if (request === undefined) return
  const before = found.get(request)
  found.set(request, before === undefined ? phase : `${before} ${phase}`)
}
