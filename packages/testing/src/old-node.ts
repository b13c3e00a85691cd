import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { repository } from './repository.ts'

/** Old enough to be refused, and still what many machines have. */
const version = '20.20.2'
const major = version.split('.')[0]
const fetchLimitMs = 120_000

/**
 * A Node.js 20: the first on PATH, else one fetched from the npm registry into `.toolchain/`.
 *
 * @returns the executable, or why there is none
 */
export function oldNode(): { readonly node: string } | { readonly missing: string } {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const node = join(directory, executable)
    if (existsSync(node) && isOld(node)) return { node }
  }
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const directory = join(repository, '.toolchain', `node-${version}`)
  const node = join(directory, 'node_modules', name, 'bin', executable)
  if (!existsSync(node)) fetch(`${name}@${version}`, directory)
  return existsSync(node) && isOld(node)
    ? { node }
    : { missing: `no Node.js ${major} on PATH, and ${name}@${version} cannot be fetched` }
}

const executable = process.platform === 'win32' ? 'node.exe' : 'node'

function isOld(node: string): boolean {
  return spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.startsWith(`v${major}.`) === true
}

function fetch(what: string, directory: string): void {
  const fresh = `${directory}.${process.pid}`
  mkdirSync(fresh, { recursive: true })
  const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  spawnSync('npm', ['install', '--prefix', fresh, ...flags, what], {
    cwd: fresh,
    stdio: 'ignore',
    timeout: fetchLimitMs,
    shell: process.platform === 'win32',
  })
  // Another process may have been first; either copy will do.
  if (!existsSync(directory)) renameSync(fresh, directory)
  rmSync(fresh, { recursive: true, force: true })
}
