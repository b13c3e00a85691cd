// Fails when a generated document is not what the code says today.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const generate = join(dirname(fileURLToPath(import.meta.url)), 'generate.mjs')
process.exitCode = spawnSync(process.execPath, [generate, '--check'], { stdio: 'inherit' }).status ?? 1
