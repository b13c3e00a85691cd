// Runs every check and every test, and ends with one line: N passed, N failed, N skipped. Each check counts as one.
// Started by tools/run.mjs, so that the pinned node and the workspace's tools are on PATH.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from './lock.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
// Colour on a terminal, none elsewhere.
const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' }
const total = { passed: 0, failed: 0, skipped: 0 }
const failures = []

// Bundles come first: tests and generated documents read them. The rest of this group needs nothing built.
await Promise.all([
  withLock(join(root, '.toolchain/lock'), () => check('build', 'turbo', 'run', 'build', '--output-logs=errors-only')),
  (async () => {
    await check('typecheck', 'tsc', '-p', '.')
    await check('boundaries', 'turbo', 'boundaries')
    await check('biome', 'biome', 'check', '.')
    await check('knip', 'knip', '--no-progress')
  })(),
])
for (const file of readdirSync(join(root, 'tools')).filter((name) => /^check-[\w-]+\.mjs$/.test(name)))
  await check(file.slice('check-'.length, -'.mjs'.length), 'node', join('tools', file))
await tests(process.argv.slice(2))

for (const failure of failures) console.log(`failed: ${failure}`)
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed === 0 ? 0 : 1

/** One line when it passes, its output when it does not. */
async function check(name, command, ...args) {
  const started = Date.now()
  const { status, output } = await execute(command, args, 'pipe')
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  if (status === 0) total.passed += 1
  else {
    total.failed += 1
    failures.push(`check ${name}`)
    console.log(output.trimEnd().replace(/^/gm, '        '))
  }
}

/** One run over all packages and servers. The count comes from a report, not from what is printed. */
async function tests(args) {
  const dir = mkdtempSync(join(tmpdir(), 'postern-tests-'))
  const report = join(dir, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { status } = await execute('vitest', ['run', ...reporters, ...args], 'inherit')
  const files = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : []
  rmSync(dir, { recursive: true, force: true })

  let failed = 0
  const skipped = []
  for (const file of files) {
    const where = relative(root, file.name)
    const failedHere = file.assertionResults.filter((test) => test.status === 'failed')
    for (const test of file.assertionResults) {
      if (test.status === 'passed') total.passed += 1
      else if (test.status !== 'failed') skipped.push(`${where} > ${test.fullName}`)
    }
    // A file that cannot be loaded, or whose hooks fail, has no failing test of its own.
    if (file.status === 'failed' && failedHere.length === 0) failedHere.push({ fullName: '(the file itself)' })
    for (const test of failedHere) failures.push(`${where} > ${test.fullName}`)
    failed += failedHere.length
  }
  // vitest also fails for what belongs to no test, such as an unhandled rejection.
  if (status !== 0 && failed === 0) {
    failures.push('vitest (see its output above)')
    failed = 1
  }
  total.failed += failed
  total.skipped += skipped.length
  for (const name of skipped) console.log(`skipped: ${name}`)
}

function execute(command, args, stdio) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: ['ignore', stdio, stdio],
      shell: process.platform === 'win32',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => resolve({ status: 1, output: `${command}: ${error.message}` }))
    child.on('close', (status) => resolve({ status, output }))
  })
}
