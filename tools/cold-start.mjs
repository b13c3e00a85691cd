// How long a client waits for a server it has just started: spawn to the answer to tools/list, over stdio, against an
// empty Node.js process and against an unbundled server on the plain SDK that lists the same tools.
// Usage: node tools/run.mjs exec node tools/cold-start.mjs [server] [runs]
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { modernRequest } from '../packages/testing/src/messages.ts'
import { bundleOf } from '../packages/testing/src/repository.ts'

const [server = 'tickets', runs = '20'] = process.argv.slice(2)
const goal = { ms: 300, ofBare: 0.5 }
const scratch = mkdtempSync(join(tmpdir(), 'postern-cold-start-'))
const bundle = bundleOf(server)
const contract = join(scratch, 'contract.json')
writeFileSync(
  contract,
  spawnSync(process.execPath, [bundle, 'contract'], { encoding: 'utf8', env: environment('x') }).stdout,
)

let fresh = 0
const variants = {
  'node -e 0': () => ended(['-e', '0']),
  [`${server}, built`]: () => listed([bundle], 'kept'),
  [`${server}, built, first start on an empty data directory`]: () => listed([bundle], `fresh-${fresh++}`),
  'the same tools on the bare SDK, unbundled': () =>
    listed([join(import.meta.dirname, 'bare-server.mjs'), contract], 'x'),
}

const times = Object.fromEntries(Object.keys(variants).map((name) => [name, []]))
// One round that does not count fills the caches of the disk. Then in turns, so that a busy moment hits all alike.
for (let round = 0; round <= Number(runs); round++)
  for (const [name, run] of Object.entries(variants)) {
    const ms = await run()
    if (round > 0) times[name].push(ms)
  }
rmSync(scratch, { recursive: true, force: true })
report()

function report() {
  const names = Object.keys(variants)
  const [empty, ours, , bare] = names.map((name) => median(times[name]))
  const width = Math.max(...names.map((name) => name.length))
  console.log(
    `Spawn to the answer to tools/list over stdio; Node.js ${process.versions.node}, ${cpus().length} cores, ${runs} runs\n`,
  )
  console.log(`${''.padEnd(width)}   median      min      max   of node   of bare`)
  for (const name of names) {
    const all = times[name]
    const figures = [median(all), Math.min(...all), Math.max(...all)].map((ms) => `${ms.toFixed(0)} ms`.padStart(9))
    const ratios = [median(all) / empty, median(all) / bare].map((ratio) => ratio.toFixed(2).padStart(10))
    console.log(`${name.padEnd(width)}${figures.join('')}${ratios.join('')}`)
  }
  const met = ours < goal.ms && ours / bare < goal.ofBare
  console.log(`\nGoal: under ${goal.ms} ms and under ${goal.ofBare} of bare: ${met ? 'met' : 'not met'}.`)
}

function environment(data) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('POSTERN_'))
  return { ...Object.fromEntries(inherited), POSTERN_DATA: join(scratch, data) }
}

async function ended(args) {
  const started = performance.now()
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  await new Promise((resolve) => child.on('exit', resolve))
  return performance.now() - started
}

async function listed(args, data) {
  const started = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment(data) })
  child.stdin.write(`${JSON.stringify(modernRequest(1, 'tools/list'))}\n`)
  let said = ''
  child.stderr.on('data', (chunk) => (said += chunk))
  const ms = await new Promise((resolve, reject) => {
    let answer = ''
    child.stdout.on('data', (chunk) => {
      answer += chunk
      if (!answer.endsWith('\n')) return
      const { result } = JSON.parse(answer)
      if (result?.tools?.length > 0) resolve(performance.now() - started)
      else reject(new Error(`${args[0]} answered ${answer.slice(0, 500)}`))
    })
    child.on('exit', (code) => reject(new Error(`${args[0]} ended with ${code}: ${said.slice(0, 2000)}`)))
  })
  child.stdin.end()
  await new Promise((resolve) => child.on('close', resolve))
  return ms
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2
}
