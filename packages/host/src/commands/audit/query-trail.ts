import { hashOf, type QueryAnswer, type QueryFilters, query, rowColumns } from '@postern/audit'
import { StartError } from '../../environment/start-error.ts'
import { readOptions } from '../../options.ts'
import { progressBar } from '../../progress-bar.ts'
import type { MainContext } from '../../serve.ts'
import { instant } from './instant.ts'
import { keysOf, type OpenedTrails, trailOptions, trailUsage, trailWithRecords, withTrails } from './opened-trails.ts'
import { readValue } from './read-value.ts'
import { printJson, trailReport } from './trail-report.ts'

/** Filters that are passed on as they are. */
const plain = {
  principal: 'a subject',
  issuer: 'an issuer',
  tenant: 'a tenant',
  tool: 'the name of a tool or resource',
  target: 'the id of a record',
  credential: 'the id of a credential',
  purpose: 'a purpose',
  phase: 'a phase such as denied',
  error: 'a code or reason',
  request: 'a request id',
  trace: 'a trace id',
  approval: 'an approval id',
  hash: 'a keyed hash, as audit hash prints it',
} as const
const chosen = { decision: ['allowed', 'denied'], effect: ['read', 'write', 'destructive'] } as const
const further = {
  decision: 'allowed or denied',
  effect: 'read, write or destructive',
  key: 'an idempotency key, or - for stdin',
  value: 'an input or output, or - for stdin',
  since: 'a time',
  until: 'a time',
  'after-request': 'a request id',
  'after-target': 'the id of a record',
  limit: 'a number of rows',
}
const names = [...Object.keys(plain), ...Object.keys(further)].map((name) => `--${name}`)
const usage = `Usage: audit query [filters] ${trailUsage}. Filters, all of which must hold: ${names.join(', ')}.`
const limitMax = 1_000_000

type Options = Readonly<Record<string, string>>

/** `audit query`: the records that answer an access investigation, and the verified range that the answer rests on. */
export async function queryTrail(context: MainContext): Promise<void> {
  const { words, options } = readOptions(context.args, { ...trailOptions, ...plain, ...further }, usage)
  if (words[0] !== undefined) throw new StartError(`audit query does not know "${words[0]}".`, usage)
  const filters = filtersOf(options)
  const limit = limitOf(options['limit'])
  await withTrails(context, options, async (opened) => {
    const trail = await trailWithRecords(opened)
    const asked = await hashed(filters, options, opened)
    const progress = progressBar(`searching ${context.server.name}`)
    const answers: QueryAnswer[] = []
    for (const one of asked)
      answers.push(await query({ trail, ...opened.trusted, ...one, ...limit, onProgress: progress.tell }))
    progress.end()
    const { rows, total, verified } = merged(answers)
    printJson({
      server: context.server.name,
      environment: opened.environment.environment,
      columns: rowColumns,
      rows,
      total,
      verified: trailReport(trail, verified),
    })
    process.exitCode = verified.exitCode
  })
}

function filtersOf(options: Options): QueryFilters {
  const { since, until, 'after-request': afterRequest, 'after-target': afterTarget } = options
  for (const [name, words] of Object.entries(chosen))
    if (options[name] !== undefined && !(words as readonly string[]).includes(options[name]))
      throw new StartError(`--${name} must be one of ${words.join(', ')}.`, usage)
  if (afterRequest !== undefined && afterTarget !== undefined)
    throw new StartError('--after-request and --after-target exclude each other.', usage)
  const given = [...Object.keys(plain), ...Object.keys(chosen)].flatMap((name) =>
    options[name] === undefined ? [] : [[name, options[name]] as const],
  )
  return {
    ...(Object.fromEntries(given) as QueryFilters),
    ...(since !== undefined && { since: instant(since, 'since') }),
    ...(until !== undefined && { until: instant(until, 'until') }),
    ...(afterRequest !== undefined && { after: { request: afterRequest } }),
    ...(afterTarget !== undefined && { after: { target: afterTarget } }),
  }
}

/** A plain value is looked for under every key there was, and in every form in which it may have been hidden. */
async function hashed(filters: QueryFilters, { key, value }: Options, opened: OpenedTrails): Promise<QueryFilters[]> {
  const name = key === undefined ? 'hash' : 'key'
  const text = key ?? value
  if (text === undefined) return [filters]
  if ((key !== undefined && value !== undefined) || filters.hash !== undefined)
    throw new StartError('--key, --value and --hash exclude each other.', usage)
  const hashes = hashOf(await readValue(text), await keysOf(opened))
  const wanted = name === 'key' ? hashes.filter(({ of }) => of === 'text') : hashes
  return [...new Set(wanted.map(({ hmac }) => hmac))].map((hmac) => ({ ...filters, [name]: hmac }))
}

function merged(answers: readonly QueryAnswer[]): QueryAnswer {
  const [first] = answers
  if (first === undefined) throw new TypeError('a query without an answer')
  if (answers.length === 1) return first
  const place = (row: QueryAnswer['rows'][number]) => `${row.time} ${row.chain} ${String(row.seq).padStart(15, '0')}`
  const rows = answers.flatMap((answer) => answer.rows)
  return {
    ...first,
    rows: rows.sort((a, b) => (place(a) < place(b) ? -1 : 1)),
    total: answers.reduce((sum, answer) => sum + answer.total, 0),
  }
}

function limitOf(text: string | undefined): { limit?: number } {
  if (text === undefined) return {}
  const limit = Number(text)
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= limitMax) return { limit }
  throw new StartError(`--limit must be a whole number from 1 to ${limitMax}.`)
}
