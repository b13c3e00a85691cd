import { join } from 'node:path'

/** Where a user's data lives: `POSTERN_DATA`, or the platform's place for user data. An empty variable counts as unset. */
export function dataDirectoryOf(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  const chosen = env['POSTERN_DATA'] || undefined
  if (chosen !== undefined) return chosen
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'postern')
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'postern')
  return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'postern')
}
