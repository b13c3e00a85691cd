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
  module.enableCompileCache(join(dataDirectoryOf(process.env, process.platform, homedir()), 'compile-cache'))
  setTimeout(() => module.flushCompileCache(), flushAfterMs).unref()
}
