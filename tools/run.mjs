#!/usr/bin/env node
// Sets this checkout up (pinned Node.js, pnpm, packages, bundles) and runs one command in it. Needs only some
// Node.js >= 20 and its npm. Setup talks on stderr alone: stdout belongs to the command, which may speak a protocol.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from './lock.mjs'

const usage = `Usage: node tools/run.mjs <command>
  test                     every check and every test
  build                    the bundles of all servers and of the command line
  demo                     a guided conversation across all servers
  server <name> [--http]   one server, on stdio or HTTP
  postern <args>           the command line
  prove <area>             the long measurements behind the figures in docs/
  generate [--contracts]   the documents derived from code; with --contracts the frozen contracts too
  exec <command> <args>    anything, with the pinned node and pnpm on PATH`

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const read = (file) => readFileSync(join(root, file), 'utf8')
const pkg = JSON.parse(read('package.json'))
const want = { node: pkg.toolchain.node, pnpm: pkg.packageManager.replace(/^pnpm@/, '') }
const windows = process.platform === 'win32'
const toolchain = findToolchain()
const lock = join(root, '.toolchain', 'lock')
const env = environment()

const commands = {
  test: async (args) => run('node', [join(root, 'tools/check.mjs'), ...args]),
  build: async () => build(),
  demo: async (args) => cli(['demo', ...args]),
  prove: (args) => script('tools/prove.mjs', args),
  generate: (args) => script('tools/generate.mjs', args),
  postern: cli,
  server,
  exec: async ([command, ...args]) => (command ? run(command, args) : fail(usage)),
}

const [name, ...args] = process.argv.slice(2)
if (!Object.hasOwn(commands, name ?? '')) fail(usage)
mkdirSync(dirname(lock), { recursive: true })
// `exec pnpm install` is how the lockfile changes, so an outdated lockfile must not stop it.
await setUp({ packages: !(name === 'exec' && args[0] === 'pnpm') })
process.exitCode = await commands[name](args)

async function server([name, ...args]) {
  const known = readdirSync(join(root, 'servers')).filter((folder) =>
    existsSync(join(root, 'servers', folder, 'package.json')),
  )
  if (!known.includes(name))
    fail(`${name ? `There is no server "${name}"` : 'Name a server'}. Servers: ${known.join(', ')}.`)
  await build(`--filter=./servers/${name}`)
  return run('node', [join(root, 'servers', name, 'dist/main.mjs'), ...args])
}

async function cli(args) {
  await build()
  return run('node', [join(root, 'packages/cli/dist/main.mjs'), ...args])
}

async function script(file, args) {
  await build()
  return run('node', [join(root, file), ...args])
}

/** Where Node.js and pnpm are. Named after what it holds, so that another host never finds half of what it needs. */
function findToolchain() {
  // Packages of the npm registry that hold only a binary: no install script, so npm's script policy never matters.
  const musl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime
  const appleSilicon = process.platform === 'darwin' && process.arch === 'arm64'
  const nodePackage = `${appleSilicon ? 'node-bin' : 'node'}-${windows ? 'win' : process.platform}-${process.arch}`
  const pnpmPackage = `@pnpm/exe.${process.platform}-${process.arch}${musl ? '-musl' : ''}`
  const host = hostNodeWillDo()
  if (musl && !host)
    fail(`Install Node.js ${want.node} (or a later ${want.node.split('.')[0]}) first: none can be fetched for musl.`)
  const dir = join(root, '.toolchain', `node-${host ? 'host' : want.node}_pnpm-${want.pnpm}`)
  return {
    dir,
    fetch: [`${pnpmPackage}@${want.pnpm}`, ...(host ? [] : [`${nodePackage}@${want.node}`])],
    node: host ? dirname(process.execPath) : join(dir, 'node_modules', nodePackage, 'bin'),
    pnpm: join(dir, 'node_modules', pnpmPackage),
    nodeVersion: host ? process.versions.node : want.node,
  }
}

function hostNodeWillDo() {
  const [major, minor, patch] = process.versions.node.split('.').map(Number)
  const [wantMajor, wantMinor, wantPatch] = want.node.split('.').map(Number)
  return major === wantMajor && (minor > wantMinor || (minor === wantMinor && patch >= wantPatch))
}

function environment() {
  const path = [toolchain.node, toolchain.pnpm, join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const env = {
    ...process.env,
    PATH: path,
    TURBO_TELEMETRY_DISABLED: '1',
    TOOLCHAIN_NODE_VERSION: toolchain.nodeVersion,
  }
  // npm exports its own settings to the scripts it runs, and pnpm would take them for ours. How to reach the registry stays.
  const ofNpm = /^npm_(config|lifecycle|package|execpath|node_execpath|command)/i
  const network = /^npm_config_(registry|cafile|ca|https?_?proxy|proxy|noproxy|strict_ssl)$/i
  for (const key of Object.keys(env)) if (ofNpm.test(key) && !network.test(key)) delete env[key]
  return env
}

async function setUp({ packages }) {
  const stampFile = join(root, 'node_modules/.postern-setup')
  const haveToolchain = () => existsSync(join(toolchain.dir, 'ok'))
  const havePackages = () => !packages || (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp())
  if (haveToolchain() && havePackages()) return
  await withLock(lock, async () => {
    if (!haveToolchain()) await fetchToolchain()
    if (havePackages()) return
    const install = ['install', '--frozen-lockfile', '--reporter=append-only']
    await quietly('installing packages', join(toolchain.pnpm, windows ? 'pnpm.exe' : 'pnpm'), install)
    writeFileSync(stampFile, stamp())
  })
}

/** Changes whenever an install would: with the lockfile, the workspace, any manifest, or the Node.js underneath. */
function stamp() {
  const hash = createHash('sha256').update(toolchain.nodeVersion)
  const manifests = ['packages', 'servers'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}/package.json`),
  )
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests.sort()])
    if (existsSync(join(root, file))) hash.update(`${file}\n${read(file)}\n`)
  return hash.digest('hex')
}

async function fetchToolchain() {
  const fresh = `${toolchain.dir}.partial`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh)
  writeFileSync(join(fresh, 'package.json'), '{ "private": true }')
  const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const what = toolchain.fetch.length > 1 ? `Node.js ${want.node} and pnpm` : 'pnpm'
  await quietly(`fetching ${what}`, 'npm', ['install', '--prefix', fresh, ...flags, ...toolchain.fetch], {
    cwd: fresh,
    env: process.env,
  })
  writeFileSync(join(fresh, 'ok'), '')
  rmSync(toolchain.dir, { recursive: true, force: true })
  renameSync(fresh, toolchain.dir)
}

/** Under the lock, because a build empties the folder of a bundle that another process may be about to start. */
async function build(...filter) {
  const turbo = join(root, 'node_modules/.bin', windows ? 'turbo.cmd' : 'turbo')
  await withLock(lock, () => quietly('building', turbo, ['run', 'build', '--output-logs=errors-only', ...filter]))
  return 0
}

/** One calm line, then silence; all the output if it fails. */
async function quietly(what, command, args, options = {}) {
  console.error(`[setup] ${what}`)
  const child = spawn(command, args, { cwd: root, env, shell: windows, stdio: ['ignore', 'pipe', 'pipe'], ...options })
  const output = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
  const status = await ended(child, command)
  if (status === 0) return
  process.stderr.write(Buffer.concat(output))
  fail(`[setup] ${what} failed (exit ${status}); the output is above.`)
}

/** Hands over stdin, stdout and stderr; answers with the exit code. */
async function run(command, args) {
  const child = spawn(command, args, { env, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      // Ctrl-C on a terminal has reached the child already; a second one might cut its drain short.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  return ended(child, command)
}

function ended(child, command) {
  return new Promise((resolve) => {
    child.on('error', (error) => fail(`Cannot run ${command}: ${error.message}`))
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
