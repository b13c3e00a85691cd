import type { Bundle } from '../bundles.ts'

/** How Claude Desktop starts one server. Everything is absolute: it starts servers from a folder and PATH of its own. */
export interface DesktopEntry {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** One entry for each server, under a name that no other vendor's server has. */
export function desktopEntries(
  bundles: readonly Bundle[],
  node: string = process.execPath,
): Readonly<Record<string, DesktopEntry>> {
  return Object.fromEntries(
    bundles.map(({ name, main, development }) => [
      `postern-${name}`,
      { command: node, args: [main], env: { POSTERN_ENVIRONMENT: development } },
    ]),
  )
}
