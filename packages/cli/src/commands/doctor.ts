import { nearest } from '@postern/host/nearest'
import { ask, type Bundle, bundles, describeBundle } from '../bundles.ts'
import { usageError } from '../cli-error.ts'
import type { Command } from '../command.ts'
import { longest } from '../longest.ts'
import { parseOptions } from '../options.ts'
import { portOwner } from '../port-owner.ts'
import type { Terminal } from '../terminal.ts'

/** One line of the report, as the bundles write it too. */
interface Finding {
  readonly what: string
  readonly ok: boolean
  /** What was found, or what is wrong and what to do. */
  readonly say: string
}

/** `doctor`: what is configured, what is wrong, what to do. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'what is configured, what is wrong, and what to do about it',
  usage: [
    'Usage: npm run postern -- doctor [<server>]',
    '',
    'Checks Node.js, and for one server or for all: the bundle, the environment file, the store and its data directory,',
    'the backend, and the ports of HTTP. Exits with 1 when something is wrong.',
    'POSTERN_ENVIRONMENT and POSTERN_DATA choose the deployment, as they do for the server.',
  ],
  async run(args, terminal) {
    const { positionals } = parseOptions(args, {}, 1)
    const chosen = choose(bundles(), positionals[0])
    show(terminal, 'this machine', [nodeVersion()])
    let wrong = 0
    for (const bundle of chosen) {
      const findings = await terminal.during(`examining ${bundle.name}`, examine(bundle))
      show(terminal, bundle.name, findings)
      wrong += findings.filter((finding) => !finding.ok).length
    }
    terminal.line()
    terminal.line(
      wrong === 0
        ? terminal.paint('green', 'Nothing is wrong.')
        : terminal.paint('red', `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong; see above.`),
    )
    return wrong === 0 ? 0 : 1
  },
}

function choose(all: readonly Bundle[], name: string | undefined): readonly Bundle[] {
  const file = process.env['POSTERN_ENVIRONMENT']
  if (name === undefined && file && all.length > 1)
    throw usageError(`POSTERN_ENVIRONMENT names ${file}, the file of one server. Name that server, or unset it.`)
  if (name === undefined) return all
  const found = all.filter((bundle) => bundle.name === name)
  if (found.length > 0) return found
  const names = all.map((bundle) => bundle.name)
  const meant = nearest(name, names)
  throw usageError(
    `There is no server "${name.slice(0, 64)}".${meant ? ` Did you mean "${meant}"?` : ` There are: ${names.join(', ')}.`}`,
  )
}

/** Old versions never get here: the program ends before it looks at its command. */
function nodeVersion(): Finding {
  return { what: 'Node.js', ok: true, say: `${process.versions.node}, ${process.execPath}` }
}

async function examine(bundle: Bundle): Promise<Finding[]> {
  if (!bundle.built) return [{ what: 'bundle', ok: false, say: `${bundle.main} does not exist. Run "npm run build".` }]
  const { code, stdout, stderr } = await ask(bundle, ['doctor'])
  const own = parse(stdout) ?? [
    { what: 'start', ok: false, say: stderr.trim() || `the bundle ended with ${code} and said nothing` },
  ]
  return [{ what: 'bundle', ok: true, say: bundle.main }, ...own, ...(await ports(bundle))]
}

/** Over stdio no port is needed, so one that is taken is wrong only when a stranger has it. */
async function ports(bundle: Bundle): Promise<Finding[]> {
  const { listen } = await describeBundle(bundle)
  const host = process.env['POSTERN_HOST'] || '127.0.0.1'
  const wanted = [
    ['HTTP port', 'POSTERN_PORT', listen.port],
    ['operations port', 'POSTERN_OPS_PORT', listen.ops_port],
  ] as const
  return Promise.all(
    wanted.map(async ([what, variable, fallback]) => {
      const port = Number(process.env[variable] || String(fallback))
      const owner = await portOwner(host, port)
      if (owner === 'nobody') return { what, ok: true, say: `${port} is free` }
      if (owner === 'postern') return { what, ok: true, say: `${port} is served by a running ${bundle.name}` }
      return {
        what,
        ok: false,
        say: `${port} on ${host} is taken by another program. Choose another with ${variable}.`,
      }
    }),
  )
}

function parse(stdout: string): readonly Finding[] | undefined {
  try {
    return (JSON.parse(stdout) as { findings: readonly Finding[] }).findings
  } catch {
    return undefined
  }
}

function show(terminal: Terminal, title: string, findings: readonly Finding[]): void {
  const width = longest(findings.map((finding) => finding.what))
  terminal.line()
  terminal.line(terminal.paint('bold', title))
  for (const { what, ok, say } of findings) {
    const [first = '', ...more] = say.split('\n')
    terminal.line(`  ${ok ? terminal.paint('green', '✓') : terminal.paint('red', '✗')} ${what.padEnd(width)}  ${first}`)
    for (const line of more) terminal.line(`    ${' '.repeat(width)}  ${line}`)
  }
}
