import { hashOf, type QueryAnswer, type QueryFilters, query, rowColumns } from '@postern/audit'
import { nearest } from '../../environment/nearest.ts'
import { StartError } from '../../environment/start-error.ts'
import { readOptions } from '../../options.ts'
import { progressBar } from '../../progress-bar.ts'
import type { MainContext } from '../../serve.ts'
import { requireConfiguredCopy } from './checkpoint-copies.ts'
import { askAboutKey } from './key-question.ts'
import { keysOf, type OpenedTrails, trailOptions, trailUsage, trailWithRecords, withTrails } from './opened-trails.ts'
import { filterOptions, filtersOf } from './query-filters.ts'
import { readValue } from './read-value.ts'
import { printJson, trailReport } from './trail-report.ts'

const known = { ...filterOptions, limit: 'a number of rows' }
const names = Object.keys(known).map((name) => `--${name}`)
const usage = `Usage: audit query [filters] ${trailUsage}. Filters, all of which must hold: ${names.join(', ')}.`
const limitMax = 1_000_000

type Options = Readonly<Record<string, string>>

/** `audit query`: the records that answer an access investigation, and the verified range that the answer rests on. */
export async function queryTrail(context: MainContext): Promise<void> {
  const { words, options } = readOptions(context.args, { ...trailOptions, ...known }, usage)
  if (words[0] !== undefined) throw new StartError(`audit query does not know "${words[0]}".`, usage)
  const filters = filtersOf(options, usage)
  const limit = limitOf(options['limit'])
  await withTrails(context, options, async (opened) => {
    requireConfiguredCopy(opened.place.section)
    const trail = await trailWithRecords(opened)
    const asked = await hashed(filters, options, opened)
    const progress = progressBar(`searching ${context.server.name}`)
    const answers: QueryAnswer[] = []
    for (const one of asked)
      answers.push(await query({ trail, ...opened.trusted, ...one, ...limit, onProgress: progress.tell }))
    progress.end()
    const { rows, total, verified } = merged(answers)
    if (total === 0) noteUnknownTool(context.server, filters.tool)
    askAboutKey(context.server.name, opened.trusted, verified)
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

/** What approvers call, where there are approvals: no tools of the server, but recorded like them. */
const byApprovers = ['list_approvals', 'show_approval', 'decide_approval']

/** Not refused: a tool that is gone may still stand in old records. */
function noteUnknownTool({ name, tools, resources }: MainContext['server'], tool: string | undefined): void {
  const there = [...tools, ...resources].map((target) => target.name)
  if (tool === undefined || there.includes(tool) || byApprovers.includes(tool)) return
  const meant = nearest(tool, there)
  const hint = meant ? `Did you mean ${meant}?` : `There are: ${there.join(', ')}.`
  process.stderr.write(`${name}: it has no tool or resource ${tool.slice(0, 64)}. ${hint}\n`)
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
