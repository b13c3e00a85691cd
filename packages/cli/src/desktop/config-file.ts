import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where Claude Desktop keeps its configuration on this platform. */
export function desktopConfigFile(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  return join(folder(env, platform), 'claude_desktop_config.json')
}

function folder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = env['HOME'] || homedir()
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Claude')
  if (platform === 'win32') return join(env['APPDATA'] || join(home, 'AppData', 'Roaming'), 'Claude')
  return join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'Claude')
}
