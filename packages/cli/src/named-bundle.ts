import { nearest } from '@postern/host/nearest'
import { type Bundle, bundles } from './bundles.ts'
import { usageError } from './cli-error.ts'

/**
 * The server that a command is about.
 *
 * @throws CliError with exit 2 that names the servers there are
 */
export function namedBundle(name: string | undefined, usage: readonly string[]): Bundle {
  const all = bundles()
  const names = all.map((bundle) => bundle.name).join(', ')
  if (name === undefined) throw usageError(`Name a server. There are: ${names}.`, ...usage)
  const found = all.find((bundle) => bundle.name === name)
  if (found !== undefined) return found
  const meant = nearest(
    name,
    all.map((bundle) => bundle.name),
  )
  throw usageError(
    `There is no server "${name.slice(0, 64)}".${meant ? ` Did you mean "${meant}"?` : ` There are: ${names}.`}`,
  )
}
