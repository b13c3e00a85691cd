import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Launch, type McpClient, runBundle, type ToolAnswer, within } from '@postern/testing'
import { expect } from 'vitest'
import { sampleSet } from '../src/sample/sample-set.ts'
import { describeTicket } from './identity.ts'

const pollLimitMs = 20_000
const pollMs = 100
const titles = sampleSet().tickets.map(({ title }) => title)

/** A call and what came of it. */
export interface Answered {
  /** Stands in every record of this call. */
  readonly trace: string
  readonly tool: string
  /** A word of the title of the ticket that this call opens. */
  readonly marker?: string
  readonly answer: ToolAnswer
}

/** A client that keeps what it was answered, to be held against the trail. */
export class Caller {
  readonly answered: Answered[] = []
  readonly #client: McpClient
  #tickets = 100

  constructor(client: McpClient) {
    this.#client = client
  }

  search(): Promise<Answered> {
    return this.#call('search_tickets', { project_key: 'OPS', limit: 5 })
  }

  get(): Promise<Answered> {
    return this.#call('get_ticket', { ticket_id: 'OPS-1' })
  }

  /** Opens a new ticket, or that of a marker again: the same call under the same key. */
  create(marker = `gate${this.#tickets++}`): Promise<Answered> {
    const ticket = describeTicket(`Badge reader ${marker} reads no card`)
    return this.#call('create_ticket', { ...ticket, idempotency_key: `open-the-ticket-of-${marker}` }, marker)
  }

  /** Reads and writes, all at once. */
  together(times: number): Promise<Answered[]> {
    const calls = Array.from({ length: times }, () => [this.get(), this.search(), this.create()])
    return Promise.all(calls.flat())
  }

  async ticketsOf(marker: string): Promise<number> {
    const { answer } = await this.#call('search_tickets', { project_key: 'OPS', text: marker })
    expect(answer.structuredContent).toMatchObject({ tickets: expect.any(Array) })
    return (answer.structuredContent as { tickets: unknown[] }).tickets.length
  }

  async #call(tool: string, args: object, marker?: string): Promise<Answered> {
    const trace = randomUUID().replaceAll('-', '')
    const meta = { traceparent: `00-${trace}-0123456789abcdef-01` }
    const answer = await this.#client.callTool(tool, { ...args }, { meta })
    const answered = { trace, tool, answer, ...(marker !== undefined && { marker }) }
    this.answered.push(answered)
    return answered
  }
}

/** Asks again and again, until the answer is the one that is waited for. */
export function until<T>(what: string, isIt: (answer: T) => boolean, ask: () => Promise<T>): Promise<T> {
  let last: T | undefined
  const limit = AbortSignal.timeout(pollLimitMs)
  const asking = async () => {
    for (;;) {
      last = await ask()
      if (isIt(last)) return last
      await delay(pollMs, undefined, { signal: limit })
    }
  }
  return within(pollLimitMs, what, asking(), () => JSON.stringify(last))
}

/** What is said where nothing can be recorded: that, and nothing of a ticket or of what is behind the server. */
export function expectRefusal({ tool, answer }: Answered): void {
  const { code, retryable, request_id, details: { reason } = {} } = answer.error ?? {}
  const reasons = tool === 'create_ticket' ? ['audit_down', 'outcome_unknown'] : ['audit_down']
  expect({ tool, isError: answer.isError, code }).toEqual({ tool, isError: true, code: 'UPSTREAM_UNAVAILABLE' })
  expect(reasons).toContain(reason)
  expect(retryable).toBe(reason === 'audit_down')
  expect(request_id).toMatch(/^[\da-f-]{36}$/)
  expectNothingInside(answer)
}

function expectNothingInside(answer: ToolAnswer): void {
  const all = JSON.stringify(answer)
  expect(answer.structuredContent).toBeUndefined()
  expect(answer.content).toHaveLength(1)
  expect(titles.filter((title) => all.includes(title))).toEqual([])
  expect(all).not.toMatch(/OPS-\d|Badge reader/)
  expect(all).not.toMatch(/:\d+:\d+\b|\.[mt]js|node:|ENOSPC|ECONN|127\.0\.0\.1/)
}

/** A record as it stands in an export. */
interface Recorded {
  readonly phase: string
  readonly traceparent?: string
  readonly error?: object
  readonly output?: { readonly bytes: number }
  readonly write?: { readonly state?: string }
  readonly detail?: { readonly reason?: string }
}

/** The trail as the bundle's own commands hand it out, once they have found it intact. */
export async function intactTrail(launch: Launch, place: string): Promise<readonly Recorded[]> {
  const out = join(place, 'export.jsonl')
  const { code, stdout, stderr } = await runBundle({ ...launch, args: ['audit', 'verify'] })
  expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' })
  const exported = await runBundle({ ...launch, args: ['audit', 'export', '--since', '2020-01-01', '--out', out] })
  expect(exported).toMatchObject({ code: 0 })
  const [, ...records] = readFileSync(out, 'utf8').trim().split('\n')
  return records.map((line) => JSON.parse(line) as Recorded)
}

/** Every result that went out stands in the trail as it was sent, and every ticket is one recorded write. */
export function expectRecorded(answered: readonly Answered[], trail: readonly Recorded[]): void {
  const byTrace = Map.groupBy(trail, ({ traceparent }) => traceparent?.split('-')[1])
  const recordsOf = ({ trace }: Answered) => byTrace.get(trace) ?? []
  const results = answered.filter(({ answer }) => !answer.isError)
  const isRecorded = (result: Answered) =>
    recordsOf(result).some(
      ({ phase, error, output }) =>
        phase !== 'intent' && error === undefined && output?.bytes === Buffer.byteLength(result.answer.text),
    )
  expect(results.filter((result) => !isRecorded(result))).toEqual([])

  const attempts = Map.groupBy(answered, ({ marker }) => marker)
  attempts.delete(undefined)
  for (const [marker, calls] of attempts) {
    const executed = calls.filter((call) => recordsOf(call).some(({ write }) => write?.state === 'executed'))
    expect({ marker, executed: executed.length }).toEqual({ marker, executed: 1 })
    expect(executed.flatMap(recordsOf).map(({ phase }) => phase)).toEqual(['intent', 'outcome'])
  }
}
