import { StartError } from '../environment/start-error.ts'
import { forOperator, type MainContext } from '../serve.ts'

type Verb = (context: MainContext) => Promise<void>

const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  verify: async () => (await import('./audit/verify-trails.ts')).verifyTrails,
  query: async () => (await import('./audit/query-trail.ts')).queryTrail,
  hash: async () => (await import('./audit/hash-value.ts')).hashValue,
  export: async () => (await import('./audit/export-trail.ts')).exportTrail,
  prune: async () => (await import('./audit/prune-trails.ts')).pruneTrails,
  forward: async () => (await import('./audit/forward-trail.ts')).forwardTrail,
  hold: async () => (await import('./audit/hold.ts')).hold,
}

/**
 * `audit`: what was recorded, and whether it is still what was written. Prints JSON. Reading needs no running server,
 * changes nothing, and records nothing.
 *
 * Exit code: 0 intact; 1 tampered with, or not pruned; 2 nothing was verified, because nothing is there or because the
 * question makes no sense; 3 intact up to a torn tail as a crash leaves it.
 */
export async function audit(context: MainContext): Promise<void> {
  const [word = '', ...args] = context.args
  try {
    const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined
    if (verb === undefined)
      throw new StartError(`audit does not know "${word.slice(0, 64)}". There are: ${Object.keys(verbs).join(', ')}.`)
    await (await verb())({ ...context, args })
  } catch (error) {
    // Not left to the caller, whose exit code for any fault is the one that here means tampering.
    for (const line of forOperator(error)) process.stderr.write(`${context.server.name}: ${line}\n`)
    process.exitCode = 2
  }
}
