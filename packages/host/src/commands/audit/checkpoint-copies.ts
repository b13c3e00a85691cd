import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { AuditSection, PrunableTrail } from '@postern/audit'
import { StartError } from '../../environment/start-error.ts'

const advice = 'Mount it, or pass --checkpoints with a directory that holds a copy of the checkpoints.'

/**
 * Refuses a copy that holds nothing: a trail that was cut agrees with it.
 *
 * @param given what stands behind `--checkpoints`
 */
export async function requireGivenCopy(given: string, [trail]: readonly PrunableTrail[]): Promise<void> {
  requireDirectory('--checkpoints', given)
  if (trail === undefined) return
  const copies = (await trail.checkpoints()).filter(({ name }) => name === resolve(given))
  const ofTrail = [`"server":${JSON.stringify(trail.server)}`, `"environment":${JSON.stringify(trail.environment)}`]
  if (copies.some(({ lines }) => lines.some((line) => ofTrail.every((part) => line.includes(part))))) return
  throw new StartError(
    `--checkpoints ${given} holds no checkpoint of ${trail.server} in ${trail.environment}. ${advice}`,
  )
}

/** A clean result without the copy that is configured would say less than whoever reads it believes. */
export function requireConfiguredCopy({ checkpoints }: AuditSection): void {
  const { copy_to: copy } = checkpoints
  if (copy !== undefined && copy !== 'postgres') requireDirectory('audit.checkpoints.copy_to', copy)
}

function requireDirectory(setting: string, directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return
  throw new StartError(`${setting} ${directory} is no directory on this machine. ${advice}`)
}
