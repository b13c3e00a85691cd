import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import { auditDirectory } from './audit-directory.ts'
import { sinksOf } from './audit-section.ts'
import { openTrails, type TrailOptions } from './open-trails.ts'
import { readLine } from './read-line.ts'
import { signedIn, signingKey } from './signing.ts'
import type { PrunableTrail } from './trail.ts'

/**
 * What would keep a server from recording, or from going on in one of its chains, in sentences for the operator. Reads
 * the ends of chains only: `verify` reads all of them.
 */
export async function auditProblems(options: TrailOptions): Promise<readonly string[]> {
  const { section } = options
  const directory = auditDirectory(section, options)
  const { copy_to: copy } = section.checkpoints
  const problems: string[] = []
  const note = (problem: string | undefined) => {
    if (problem !== undefined) problems.push(problem)
  }
  if (sinksOf(section).has('file')) note(await notWritable('audit.directory', directory))
  if (copy !== undefined && copy !== 'postgres') note(await notWritable('audit.checkpoints.copy_to', copy))
  if (problems.length > 0) return problems
  for (const trail of await openTrails(options)) {
    const chains = await trail.chains()
    if (chains.length === 0) continue
    const signed = signedIn(options, trail.sink, directory, await signingKey(options, directory))
    for (const chain of chains) note(await brokenEnd(trail, chain, await signed(chain)))
  }
  return problems
}

/** A directory that is not there yet is made by the server, below the next one that is. */
async function notWritable(setting: string, directory: string): Promise<string | undefined> {
  for (let place = directory; ; place = dirname(place))
    try {
      await access(place, constants.W_OK | constants.X_OK)
      return undefined
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' && place !== dirname(place)) continue
      return `${setting} ${directory} cannot be written to (${code} at ${place}).`
    }
}

async function brokenEnd(
  trail: PrunableTrail,
  chain: string,
  signed: { readonly seq: number; readonly hash: string } | undefined,
): Promise<string | undefined> {
  const line = await trail.tail(chain)
  const end = line === undefined ? { seq: 0, hash: '', intact: true } : readLine(line)
  const holds = signed === undefined || (end !== undefined && end.seq > signed.seq) || end?.hash === signed.hash
  if (end?.intact && holds) return undefined
  return `the end of ${chain} is not what its writer left there; a server goes on in another chain. Run audit verify.`
}
