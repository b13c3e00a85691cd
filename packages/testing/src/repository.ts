import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The checkout this package stands in. */
export const repository = join(import.meta.dirname, '..', '..', '..')

/**
 * The built bundle of a server: what is really shipped, and what tests of a whole server start.
 *
 * @throws Error that says how to build it
 */
export function bundleOf(server: string): string {
  const bundle = join(repository, 'servers', server, 'dist', 'main.mjs')
  if (!existsSync(bundle)) throw new Error(`${bundle} does not exist. Run "npm run build" first.`)
  return bundle
}
