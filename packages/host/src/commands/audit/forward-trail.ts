import { join } from 'node:path'
import { type AuditSection, type ForwardOptions, forward, toOtlp } from '@postern/audit'
import { StartError } from '../../environment/start-error.ts'
import { readOptions } from '../../options.ts'
import type { MainContext } from '../../serve.ts'
import { trailOptions, withTrails } from './opened-trails.ts'
import { outages } from './outages.ts'

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
    const { name: server } = context.server
    const host = hostOf(to)
    const once = options['once'] !== undefined
    const failure = await forward({
      trail,
      deliver: to === 'stdout' ? toStdout : toOtlp(to.otlp),
      cursorFile: options['cursor'] ?? join(place.dataDirectory, place.environment, `${server}-forwarded.json`),
      signal: endOfProcess(),
      once,
      // Once, there is one sentence, at the end.
      ...(!once && { onProblem: outages(host, (sentence) => tell(server, sentence)) }),
      onBegunAgain: (chain, { seq }) =>
        tell(
          server,
          `${chain} no longer holds record ${seq}, which was sent last: it was cut or replaced. All it holds now is sent again; see what "audit verify" says.`,
        ),
    })
    if (failure === undefined) return
    tell(server, `${failure}. It gave up; what was not taken is sent next time.`)
    process.exitCode = 1
  })
}

/** All that may be said of the place where records go. */
function hostOf(to: NonNullable<AuditSection['forward']>): string {
  if (to === 'stdout') return to
  const { host, username, password } = new URL(to.otlp)
  if (username === '' && password === '') return host
  throw new StartError('audit.forward: a URL with a user or a password is not taken.')
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

function tell(server: string, sentence: string): void {
  process.stderr.write(`${server}: ${sentence}\n`)
}
