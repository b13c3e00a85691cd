import { askJson, type JsonAnswer } from '../ask-json.ts'
import type { QueryAnswer } from '../audit/answers.ts'
import { type OwnOptions, ownOptions } from '../audit/own-options.ts'
import { showExport, showHashes, showHolds, showPruned } from '../audit/show-answers.ts'
import { chosenColumns, showCsv, showRows, withColumns } from '../audit/show-query.ts'
import { showVerified } from '../audit/show-report.ts'
import { type Bundle, bundles, requireBuilt, runBundle } from '../bundles.ts'
import { CliError, usageError } from '../cli-error.ts'
import type { Command } from '../command.ts'
import { namedBundle } from '../named-bundle.ts'
import { printable, printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { oneOf, serverAndVerb } from '../words.ts'

const verbs = ['verify', 'query', 'hash', 'export', 'prune', 'hold', 'forward'] as const
type Verb = (typeof verbs)[number]
const formats = ['table', 'json', 'csv'] as const
const usage = ['Usage: npm run postern -- audit verify|query|hash|export|prune|hold|forward <server> [options]']

/** `audit`: whether the trail is what was written, and what it says. */
export const audit: Command = {
  name: 'audit',
  summary: 'whether the audit trail is what was written; who did what, when and why',
  usage: [
    ...usage,
    '',
    '  verify <server> [--since <time>]      whether the trail is what was written, and what would not have shown',
    '  verify --export <file>                the same of an exported file, which needs nothing but a public key',
    '  query <server> [filters]              who did what, and the verified range that the answer rests on',
    '  hash <server> <value>|-               the keyed hashes of a value, under which records hide it; - is stdin',
    '  export <server> --since <time> [--until <time>] --out <file>    the records of a stretch of time, with proof',
    '  prune <server>                        removes what is older than audit.retention; what is left still verifies',
    '  hold <server> list | place <id> --reason <why> --by <who> | release <id> --by <who>    stops pruning',
    '  forward <server> [--once]             sends records on, to where audit.forward says, until it is ended',
    '',
    'Filters of query; all that are given must hold:',
    '  --principal --issuer --tenant --credential --purpose    who, and why',
    '  --tool --target --effect --phase                        what: a tool, a record, read|write|destructive',
    '  --decision allowed|denied --error                       how it was decided, a code or a reason',
    '  --since --until                                         when: 2026-01-31, 2026-01-31T09:30:00Z, 30m, 24h, "7d ago"',
    '  --request --trace --approval                            by id',
    '  --key --value --hash                                    an idempotency key, an input or output, a keyed hash',
    '  --after-target --after-request                          writes of callers after they read this record',
    '  --format table|json|csv  --columns a,b,…  --limit <n>   how it is shown',
    '',
    'Trails elsewhere: --directory <copy of the records>, --checkpoints <copy>, --public-key <file>, --sink file|postgres.',
    'The file of --public-key may hold several keys in PEM, one below the other: old and new ones after a change of keys.',
    'POSTERN_ENVIRONMENT and POSTERN_DATA choose the deployment. --json is for programs.',
    'Exit code: 0 intact, 1 tampered with (prune: nothing was removed; forward --once: not all was taken), 2 nothing was',
    'verified, 3 intact up to an unfinished last line, 70 a fault of postern itself, which says nothing of the trail.',
  ],
  async run(args, terminal) {
    try {
      const { server, verb, rest } = serverAndVerb(args, verbs, usage)
      const own = ownOptions(rest)
      const needless = verb === 'verify' && server === undefined && own.rest.includes('--export')
      const bundle = needless ? anyBundle() : namedBundle(server, usage)
      // Its output is for another program, and it lasts.
      if (verb === 'forward') return await runBundle(bundle, ['audit', verb, ...rest])
      return await run(bundle, verb, own, terminal)
    } catch (error) {
      // 1 means tampering here and nothing else.
      if (error instanceof CliError && error.exitCode === 1) throw new CliError(error.lines, 2)
      throw error
    }
  },
}

/** An export says itself of which server it is; every bundle can read it. */
function anyBundle(): Bundle {
  const all = bundles()
  const built = all.find((bundle) => bundle.built)
  if (built === undefined) for (const bundle of all) requireBuilt(bundle)
  return built as Bundle
}

async function run(
  bundle: Bundle,
  verb: Exclude<Verb, 'forward'>,
  own: OwnOptions,
  terminal: Terminal,
): Promise<number> {
  const { json, rest } = own
  const format = oneOf(formats, own.format ?? (json ? 'json' : 'table'), usage)
  if (verb !== 'query' && (format === 'csv' || own.columns !== undefined))
    throw usageError('--format csv and --columns belong to query.', ...usage)
  const answer = await askJson<unknown>(bundle, ['audit', verb, ...rest], terminal, {
    // On a terminal the bundle shows how far it has come.
    tellStderr: process.stderr.isTTY,
    unlimited: true,
    ...(rest.includes('-') && { stdin: 'inherit' }),
  })
  if (verb === 'query') showQuery(terminal, answer as JsonAnswer<QueryAnswer>, format, own.columns)
  else if (format === 'json') terminal.line(printableJson(answer.text.trimEnd()))
  else shows[verb](terminal, answer.value as never)
  for (const line of answer.said) terminal.note(printable(line))
  return answer.code
}

const shows: Readonly<Record<Exclude<Verb, 'query' | 'forward'>, (terminal: Terminal, answer: never) => void>> = {
  verify: showVerified,
  hash: showHashes,
  export: showExport,
  prune: showPruned,
  hold: showHolds,
}

function showQuery(
  terminal: Terminal,
  { text, value }: JsonAnswer<QueryAnswer>,
  format: (typeof formats)[number],
  asked: string | undefined,
): void {
  const columns = chosenColumns(asked, value.columns, format === 'table' ? undefined : value.columns)
  if (format === 'table') showRows(terminal, value, columns)
  else if (format === 'csv') showCsv(terminal, value, columns)
  else terminal.line(printableJson(asked === undefined ? text.trimEnd() : inJson(withColumns(value, columns))))
}

const inJson = (value: unknown): string => JSON.stringify(value, undefined, 2)
