import { mkdirSync, statSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { dataDirectoryOf } from './data-directory.ts'

/** Written this long after the start, so that a process that is killed later has left it for the next one. */
const flushAfterMs = 1500

/**
 * Ends the process with one line when this Node is older than the bundle needs; else lets it keep compiled code in the
 * data directory, which saves the next start about a third of its time. Never in the system's temporary directory:
 * there, another user could leave code for us to run.
 *
 * A module of its own with next to no imports: it has to run before anything that an old Node cannot even load.
 */
export function prepareNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 19)) {
    process.stderr.write(
      `Postern needs Node.js 22.19 or newer; this is ${process.versions.node}. Start it with "npm run server".\n`,
    )
    process.exit(1)
  }
  const data = dataDirectoryOf(process.env, process.platform, homedir())
  if (!ownAlone(data) || !ownAlone(join(data, 'compile-cache'))) return
  module.enableCompileCache(join(data, 'compile-cache'))
  setTimeout(() => module.flushCompileCache(), flushAfterMs).unref()
}

/**
 * Whether a directory, made if it is missing, is ours and nobody else may write to it: whoever can write compiled code
 * there runs code in this process.
 */
function ownAlone(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const { uid, mode } = statSync(directory)
    return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
  } catch {
    return false
  }
}
