import { join } from 'node:path'
import { type ForwardOptions, forward, toOtlp } from '@postern/audit'
import { StartError } from '../../environment/start-error.ts'
import { readOptions } from '../../options.ts'
import type { MainContext } from '../../serve.ts'
import { trailOptions, withTrails } from './opened-trails.ts'

const usage =
  'Usage: audit forward [--once] [--cursor <file>] [--sink file|postgres]. Where to is audit.forward of the environment file.'

/**
 * `audit forward`: the sidecar that sends every record where others look for logs, as JSON lines on stdout or over OTLP,
 * until it is ended. Each arrives at least once; what takes none is offered them again.
 */
export async function forwardTrail(context: MainContext): Promise<void> {
  const { words, options } = readOptions(
    context.args,
    { once: '', cursor: 'a file that remembers what was sent', sink: trailOptions.sink },
    usage,
  )
  if (words[0] !== undefined) throw new StartError(`audit forward does not know "${words[0]}".`, usage)
  await withTrails(context, options, async ({ environment, place, trails }) => {
    const to = place.section.forward
    const [trail] = trails
    if (to === undefined || trail === undefined)
      throw new StartError(
        `${environment.file} does not say where records should go: set audit.forward to stdout or to { otlp: <url> }.`,
      )
    const name = `${context.server.name}-forwarded.json`
    await forward({
      trail,
      deliver: to === 'stdout' ? toStdout : toOtlp(to.otlp),
      cursorFile: options['cursor'] ?? join(place.dataDirectory, place.environment, name),
      signal: endOfProcess(),
      once: options['once'] !== undefined,
      onProblem: problems(context.server.name),
    })
  })
}

/** Waits until the reader has taken them: only then are they delivered. */
const toStdout: ForwardOptions['deliver'] = (lines) =>
  new Promise((resolve, reject) => {
    process.stdout.write(lines.map((line) => `${line}\n`).join(''), (error) => (error ? reject(error) : resolve()))
  })

function endOfProcess(): AbortSignal {
  const ended = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ended.abort())
  return ended.signal
}

/** Once for each change: a receiver that is down for a night is one line, not thousands. */
function problems(server: string): (problem: string | undefined) => void {
  let last: string | undefined
  return (problem) => {
    if (problem !== last) process.stderr.write(`${server}: ${problem ?? 'records are taken again'}\n`)
    last = problem
  }
}
