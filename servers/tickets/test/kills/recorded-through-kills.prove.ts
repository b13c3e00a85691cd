import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openStore, storeSection } from '@postern/store'
import {
  type AuditLine,
  auditRecords,
  environmentWith,
  type HttpServer,
  runBundle,
  seeded,
  startHttp,
  temporaryDirectory,
} from '@postern/testing'
import type { Tables } from '../../src/backends/tables.ts'
import { type Answered, type Kind, kinds } from './kinds.ts'

export interface ThroughKillsOptions {
  /** Calls that are answered, until it is enough. */
  readonly calls: number
  readonly seed: number
  readonly log: (line: string) => void
}

export interface ThroughKillsFigures {
  readonly kills: number
  readonly answered: number
  readonly unanswered: number
  readonly effects: number
  readonly otherAnswers: number
  readonly answersWithoutRecord: number
  readonly effectsWithoutPair: number
  readonly outcomesWithoutEffect: number
  readonly intentsLeftOpen: number
  readonly verifyExitCode: number | null
}

interface Call {
  readonly kind: Kind
  readonly trace: string
  readonly marker: string
  /** Undefined when its process was killed first. */
  readonly answer: { readonly status: number; readonly json: Answered } | undefined
}

const lanes = 16
const callsPerKill = 250
const closingLimitMs = 30_000
const main = fileURLToPath(new URL('../writes/tickets-main.ts', import.meta.url))
const development = fileURLToPath(new URL('../../environments/development.yaml', import.meta.url))

/**
 * Calls of every kind to a real server that is killed (SIGKILL) in the middle of them and started again. Then every
 * answer that a client got, and every ticket that there is, is looked for in the trail.
 */
export async function recordedThroughKills({ calls, seed, log }: ThroughKillsOptions): Promise<ThroughKillsFigures> {
  const directory = temporaryDirectory()
  try {
    const data = join(directory.path, 'data')
    mkdirSync(data, { mode: 0o700 })
    const environment = environmentWith(
      development,
      { 'limits.principal': '1000000/min', 'roles.support-agent.limits': undefined, 'http.drain_delay_ms': 0 },
      join(directory.path, 'environment.yaml'),
    )
    const launch = { server: 'tickets', main, data, environment }
    const made: Call[] = []
    const answered = () => made.filter(({ answer }) => answer !== undefined).length
    const random = seeded(seed)
    let kills = 0
    for (; answered() < calls; kills++) {
      const server = await startHttp(launch)
      made.push(
        ...(await callUntilKilled(server, {
          number: kills,
          random,
          answers: Math.min(callsPerKill, calls - answered()),
        })),
      )
      log(`${Math.min(answered(), calls)} of ${calls} calls, ${kills + 1} kills`)
    }
    const open = await untilClosed(launch)
    const { code } = await runBundle({
      ...launch,
      env: { POSTERN_ENVIRONMENT: environment },
      args: ['audit', 'verify'],
    })
    const found = compare(made, auditRecords(data), await ticketsIn(data))
    return { kills, ...found, intentsLeftOpen: open, verifyExitCode: code }
  } finally {
    directory.remove()
  }
}

/** The same as one figure with its goal. */
export async function proveThroughKills(options: ThroughKillsOptions): Promise<Record<string, string>> {
  const figures = await recordedThroughKills(options)
  const { kills, answered, unanswered, effects, verifyExitCode } = figures
  const shown = `${wrongIn(figures)} missing or wrong of ${answered} answers and ${effects} tickets, ${kills} kills, ${unanswered} calls without an answer, verify exit ${verifyExitCode}`
  return {
    'Calls of ten kinds to a real server that is killed amid them: every answer, refusal and effect has its record, and every intent its outcome': `${keepsThroughKills(figures) ? '' : 'MISSED: '}${shown}; goal: 0 missing`,
  }
}

export function keepsThroughKills(figures: ThroughKillsFigures): boolean {
  return wrongIn(figures) === 0 && figures.verifyExitCode === 0
}

function wrongIn(figures: ThroughKillsFigures): number {
  const { otherAnswers, answersWithoutRecord, effectsWithoutPair, outcomesWithoutEffect, intentsLeftOpen } = figures
  return otherAnswers + answersWithoutRecord + effectsWithoutPair + outcomesWithoutEffect + intentsLeftOpen
}

interface Run {
  readonly number: number
  readonly random: () => number
  /** Answers after which it is killed. */
  readonly answers: number
}

/** @returns the calls that were made until the process was gone */
async function callUntilKilled(server: HttpServer, { number, random, answers }: Run): Promise<Call[]> {
  const made: Call[] = []
  const tickets: string[] = []
  let left = answers
  let killed: Promise<unknown> | undefined
  const lane = async () => {
    while (killed === undefined) {
      const marker = `${number}-${made.length}-${Math.trunc(random() * 1e9)}`
      const call = await makeCall(server, drawn(random(), tickets.length > 0), marker, tickets)
      made.push(call)
      if (call.answer === undefined) continue
      if (call.kind.phase === 'outcome') tickets.push(marker)
      left -= 1
      if (left <= 0) killed ??= server.kill()
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  await killed
  return made
}

function drawn(random: number, repeatable: boolean): Kind {
  const among = repeatable ? kinds : kinds.filter(({ phase }) => phase !== 'replayed')
  const all = among.reduce((sum, { share }) => sum + share, 0)
  let at = random * all
  for (const kind of among) {
    at -= kind.share
    if (at < 0) return kind
  }
  return among[0] as Kind
}

async function makeCall(http: HttpServer, kind: Kind, marker: string, tickets: readonly string[]): Promise<Call> {
  const trace = createHash('sha256').update(marker).digest('hex').slice(0, 32)
  const meta = { traceparent: `00-${trace}-0123456789abcdef-01` }
  const answer = await kind.send(http, marker, meta, tickets.at(-1) ?? '').catch(() => undefined)
  return { kind, trace, marker, answer: answer && { status: answer.status, json: (answer.json ?? {}) as Answered } }
}

/** @returns how many writes stay open when a process has had the time to end and to record them */
async function untilClosed(launch: Parameters<typeof startHttp>[0]): Promise<number> {
  const server = await startHttp(launch)
  const data = launch.data as string
  const limit = performance.now() + closingLimitMs
  while (openIn(auditRecords(data)) > 0 && performance.now() < limit) await delay(200)
  await server.stop()
  return openIn(auditRecords(data))
}

function openIn(records: readonly AuditLine[]): number {
  const requests = (phase: string) => records.flatMap((record) => (record.phase === phase ? [record['request']] : []))
  const ended = new Set(requests('outcome'))
  return requests('intent').filter((request) => !ended.has(request)).length
}

/** The markers of all tickets that calls have opened. */
async function ticketsIn(data: string): Promise<string[]> {
  const store = await openStore({
    config: storeSection.parse({ kind: 'sqlite' }),
    url: async () => '',
    server: 'tickets',
    environment: 'development',
    dataDirectory: data,
    migrations: [],
  })
  try {
    const rows = await store.query<Tables>().selectFrom('tickets').select('title').execute()
    return rows.flatMap(({ title }) => /Badge reader <([^>]+)>/.exec(title)?.[1] ?? [])
  } finally {
    await store.close()
  }
}

/** Holds what clients were answered, and what there is, against the trail. */
function compare(made: readonly Call[], records: readonly AuditLine[], tickets: readonly string[]) {
  const byRequest = Map.groupBy(records, (record) => record['request'])
  byRequest.delete(undefined)
  const phasesByTrace = new Map<string, string[]>()
  const executed = new Set<string>()
  for (const own of byRequest.values()) {
    const trace = traceOf(own)
    phasesByTrace.set(trace, [...(phasesByTrace.get(trace) ?? []), ...own.map(({ phase }) => phase)])
    const outcomes = own.filter(({ phase, write }) => phase === 'outcome' && stateOf(write) === 'executed')
    if (outcomes.length === 1 && own.some(({ phase }) => phase === 'intent')) executed.add(trace)
  }
  const answered = made.filter(({ answer }) => answer !== undefined)
  const nobody = answered.filter(({ kind }) => kind.phase === 'auth_failure').length
  const failures = records.filter(({ phase }) => phase === 'auth_failure').length
  const unrecorded = answered.filter(
    ({ kind, trace }) => kind.phase !== 'auth_failure' && !phasesByTrace.get(trace)?.includes(kind.phase),
  )
  const traces = new Map(made.map(({ marker, trace }) => [marker, trace]))
  const effects = new Set(tickets.map((marker) => traces.get(marker) ?? ''))
  return {
    answered: answered.length,
    unanswered: made.length - answered.length,
    effects: tickets.length,
    otherAnswers: answered.filter(({ kind, answer }) => !kind.isIt(answer?.status ?? 0, answer?.json ?? {})).length,
    answersWithoutRecord: unrecorded.length + Math.max(0, nobody - failures),
    effectsWithoutPair: [...effects].filter((trace) => !executed.has(trace)).length,
    outcomesWithoutEffect: [...executed].filter((trace) => !effects.has(trace)).length,
  }
}

const traceOf = (own: readonly AuditLine[]): string =>
  own.flatMap(({ traceparent }) => (typeof traceparent === 'string' ? [traceparent.split('-')[1] ?? ''] : []))[0] ?? ''
const stateOf = (write: unknown): unknown => (write as { state?: unknown } | undefined)?.state
