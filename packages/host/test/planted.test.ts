import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  auditRecords,
  environmentWith,
  type HttpServer,
  type Planted,
  Planter,
  startHttp,
  type TemporaryDirectory,
  temporaryDirectory,
  tracesOf,
  type Written,
} from '@postern/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startVendor, type Vendor } from './planted/vendor.ts'
import { http as answer, vendorAnswers } from './planted/vendor-answers.ts'
import { type Answer, callTool, outcomeOf } from './writes/call-tool.ts'

const fixture = join(import.meta.dirname, '../src/testing/faults')
const tools = ['post_entry', 'put_entry', 'file_entry', 'send_entry', 'cancel_entry']

describe('what an upstream says about secrets and people', () => {
  const asked = new Planter(21)
  const said = new Planter(22)
  const stack = new Planter(23)
  const answers: Answer[] = []
  const ended: Record<string, string> = {}
  const expected: Record<string, unknown> = {}
  let place: TemporaryDirectory
  let vendor: Vendor
  let server: HttpServer
  let written: readonly Written[]

  beforeAll(async () => {
    place = temporaryDirectory()
    vendor = await startVendor()
    server = await startEntries()
    for (const tool of tools)
      for (const { what, bytes, ends } of vendorAnswers(said)) {
        ended[`${tool}: ${what}`] = await call(tool, bytes)
        expected[`${tool}: ${what}`] = expect.stringMatching(ends)
      }
    await call('post_entry', answer('200 OK', `?\n at ${stack.capitals('line of a message', 14)}`))
    const metrics = await (await fetch(new URL('/metrics', server.operations))).text()
    await server.stop()
    written = [...auditFiles(), { place: 'log', text: server.stderr.text }, { place: '/metrics', text: metrics }]
  })
  afterAll(async () => {
    await server?.kill()
    await vendor?.stop()
    place?.remove()
  })

  function startEntries(): Promise<HttpServer> {
    const changes = { 'backend.url': vendor.url, 'http.drain_delay_ms': 0 }
    const environment = environmentWith(join(fixture, 'entries.yaml'), changes, join(place.path, 'entries.yaml'))
    const main = join(fixture, 'entries-main.ts')
    return startHttp({ server: 'entries', main, environment, data: join(place.path, 'data') })
  }

  /** Calls a tool while the vendor answers like this. */
  async function call(tool: string, bytes: string | undefined): Promise<string> {
    vendor.answer = bytes
    const before = vendor.requests
    const input = {
      marker: asked.text('marker'),
      ...(tool === 'cancel_entry' && { entry_id: asked.word('entry id') }),
    }
    const key = asked.made('idempotency key', (word) => `key_${word}`)
    const answered = await callTool(server, { tool, input, key })
    if (answered === undefined) return 'no answer'
    answers.push(answered)
    return vendor.requests > before ? outcomeOf(answered) : 'never asked'
  }

  function auditFiles(): Written[] {
    const directory = join(place.path, 'data', 'development', 'audit')
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => ({ place: file, text: readFileSync(file, 'utf8') }))
  }

  it('reaches the server, which records each call', () => {
    expect(ended).toEqual(expected)
    const recorded = new Set(auditRecords(join(place.path, 'data')).map(({ request }) => request))
    expect(answers.filter(({ error }) => !recorded.has(error?.request_id))).toEqual([])
    expect(answers).toHaveLength(tools.length * vendorAnswers(new Planter(0)).length + 1)
    expect(said.all.length).toBeGreaterThanOrEqual(200)
  })

  it('reaches the log as errors whose messages hold it', () => {
    for (const name of ['SyntaxError', 'TypeError', 'ZodError', 'HTTPParserError', 'SocketError'])
      expect(server.stderr.text).toContain(`"name":"${name}"`)
  })

  it('stands in no log, audit record, checkpoint or metric', () => {
    expect(tracesOf([...said.all, ...asked.all], written)).toEqual([])
  })

  it('stands in no answer', () => {
    expect(tracesOf(said.all, [{ place: 'an answer', text: JSON.stringify(answers) }])).toEqual([])
  })

  it('does not pass for the line of a stack', () => {
    expect(stack.all).toHaveLength(1)
    expect(tracesOf(stack.all, written)).toEqual([])
  })

  it('would be found where it stood, as is what may stand there', () => {
    const known = (text: string): Planted => ({ where: text, text, core: text })
    const placesOf = (text: string) => tracesOf([known(text)], written).map((trace) => trace.split(', in ')[1])
    expect(placesOf('post_entry')).toEqual(expect.arrayContaining(['log', '/metrics']))
    expect(placesOf('"subject":"ana"')).toEqual([expect.stringMatching(/\/\d{12}\.jsonl$/)])
  })
})
