// The MCP Inspector's command line against the built servers, over both transports and in both protocol eras. It brings
// 350 MB of packages, so it is installed into a temporary directory, and by .ci/run only.
// Usage: node tools/run.mjs exec node tools/inspector.mjs
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleOf, repository } from '../packages/testing/src/repository.ts'
import { startHttp } from '../packages/testing/src/start-http.ts'

const inspector = '@modelcontextprotocol/inspector'
const version = '2.12.0'
const callLimitMs = 60_000
const installLimitMs = 600_000
/** What the Inspector's exit code says. */
const exit = { ok: 0, toolError: 5 }

const servers = [
  {
    name: 'tickets',
    read: ['search_tickets', { project_key: 'OPS', limit: 1 }],
    refused: ['search_tickets', { project_key: 'OPS', limit: 'many' }],
    uri: 'template://OPS/bug',
  },
]

const scratch = mkdtempSync(join(tmpdir(), 'postern-inspector-'))
const total = { passed: 0, failed: 0 }
try {
  const bin = await install()
  for (const server of servers) await inspect(bin, server)
} catch (error) {
  total.failed += 1
  console.log(`FAILED  ${error.message}`)
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
}
console.log(`${total.passed} passed, ${total.failed} failed, 0 skipped`)
process.exitCode = total.failed === 0 ? 0 : 1

/** @returns the Inspector's script */
async function install() {
  writeFileSync(join(scratch, 'package.json'), '{ "private": true }')
  console.log(`installing ${inspector} ${version}`)
  const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { code, output } = await run('npm', ['install', ...flags, `${inspector}@${version}`], installLimitMs)
  if (code !== 0) throw new Error(`npm cannot install ${inspector}@${version}:\n${output}`)
  const folder = join(scratch, 'node_modules', inspector)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin['mcp-inspector'])
}

async function inspect(bin, { name, read, refused, uri }) {
  const environment = join(repository, 'servers', name, 'environments/development.yaml')
  const data = join(scratch, `${name}-data`)
  const http = await startHttp({ server: name, environment, data })
  const targets = {
    stdio: [process.execPath, bundleOf(name), '-e', `POSTERN_ENVIRONMENT=${environment}`, '-e', `POSTERN_DATA=${data}`],
    http: [http.url.href, '--transport', 'http', '--stored-auth-only'],
  }
  try {
    for (const [transport, target] of Object.entries(targets))
      for (const era of ['legacy', 'modern']) {
        const ask = (...args) =>
          run(
            process.execPath,
            [bin, '--cli', ...target, '--protocol-era', era, '--format', 'json', '-q', ...args],
            callLimitMs,
          )
        const call = ([tool, input]) =>
          ask('--method', 'tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(input))
        const where = `${name}, ${transport}, ${era}`
        check(`${where}: lists tools`, await ask('--method', 'tools/list'), exit.ok, `"${read[0]}"`)
        check(`${where}: calls a tool`, await call(read), exit.ok, '"structuredContent":{"status":"ok"')
        check(`${where}: shows a typed error`, await call(refused), exit.toolError, 'VALIDATION_ERROR')
        check(`${where}: is told of a tool that does not exist`, await call(['no_such_tool', {}]), exit.toolError, '')
        check(`${where}: reads a resource`, await ask('--method', 'resources/read', '--uri', uri), exit.ok, uri)
        // Portability of the schemas across vendors: exit 6 for what some of them would refuse.
        check(`${where}: finds the schemas portable`, await ask('--method', 'tools/list', '--strict'), exit.ok, '')
      }
  } finally {
    await http.kill()
  }
}

function check(what, { code, output }, expected, text) {
  const ok = code === expected && output.includes(text)
  total[ok ? 'passed' : 'failed'] += 1
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${what}`)
  if (!ok)
    console.log(`        exit ${code}, expected ${expected} and ${JSON.stringify(text)} in\n${output.slice(0, 2000)}`)
}

function run(command, args, limitMs) {
  return new Promise((resolve) => {
    // An own home: the Inspector keeps tokens and settings there.
    const env = { ...process.env, HOME: scratch, MCP_INSPECTOR_SECRET_STORE: 'memory', NO_COLOR: '1' }
    const child = spawn(command, args, {
      cwd: scratch,
      env: command === 'npm' ? { ...process.env } : env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      shell: process.platform === 'win32' && command === 'npm',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => resolve({ code: -1, output: error.message }))
    child.on('close', (code) => resolve({ code, output }))
  })
}
