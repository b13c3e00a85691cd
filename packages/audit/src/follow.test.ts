import { once } from 'node:events'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory, within } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { directoryIn, environment, logIn, recordCalls, server } from '../test/recorded-trail.ts'
import type { AuditLog } from './audit-log.ts'
import { fileTrail } from './file-trail.ts'
import { follow } from './follow.ts'
import { forward, toOtlp } from './forward.ts'

let home: TemporaryDirectory
let log: AuditLog
beforeEach(async () => {
  home = temporaryDirectory()
  log = await logIn(home.path, { file: { segmentBytesMax: 5_000 } })
})
afterEach(async () => {
  await log.close()
  home.remove()
})
const trail = () => fileTrail({ directory: directoryIn(home.path), server, environment })
const seqs = (lines: readonly string[]) => lines.map((line) => JSON.parse(line).seq as number)
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

describe('follow', () => {
  it('gives every record once and in order, those to come included', async () => {
    await recordCalls(log, 20, 1, 1)
    const stop = new AbortController()
    const seen: string[] = []
    let more = 0
    for await (const { lines } of follow({ trail: trail(), signal: stop.signal, pollMs: 5 })) {
      seen.push(...lines)
      if (more++ < 3) await recordCalls(log, 7, 10 + more, 1)
      else if (seen.some((line) => line.includes('"request":"13-7"'))) stop.abort()
    }
    expect(seqs(seen)).toEqual(upTo(seen.length))
  })

  it('goes on behind its cursor', async () => {
    await recordCalls(log, 20, 1, 1)
    const signal = new AbortController().signal
    let cursor = {}
    const all: string[] = []
    for (let run = 0; run < 3; run++) {
      for await (const part of follow({ trail: trail(), signal, cursor, once: true })) {
        all.push(...part.lines)
        cursor = part.cursor
      }
      await recordCalls(log, 5, 2 + run, 1)
    }
    expect(seqs(all)).toEqual(upTo(all.length))
  })
})

describe('forward', () => {
  const cursorFile = () => join(home.path, 'cursor.json')

  it('offers again what was not taken, and remembers what was', async () => {
    await recordCalls(log, 10, 1, 1)
    const taken: string[] = []
    const problems: (string | undefined)[] = []
    let attempts = 0
    const run = () =>
      forward({
        trail: trail(),
        cursorFile: cursorFile(),
        signal: new AbortController().signal,
        once: true,
        onProblem: (problem) => problems.push(problem),
        deliver: async (lines) => {
          attempts += 1
          if (attempts === 1) throw new Error('not now')
          taken.push(...lines)
        },
      })
    await run()
    expect(problems.slice(0, 2)).toEqual(['not now', undefined])
    await recordCalls(log, 5, 2, 1)
    await run()
    expect(seqs(taken)).toEqual(upTo(taken.length))
    const { hash } = JSON.parse(taken.at(-1) ?? '')
    expect(JSON.parse(readFileSync(cursorFile(), 'utf8'))).toEqual({ 'tickets-0': { seq: taken.length, hash } })
  })

  /** What the next run sends, and which chains it said to begin again. */
  async function sent() {
    const taken: string[] = []
    const again: unknown[] = []
    await forward({
      trail: trail(),
      cursorFile: cursorFile(),
      signal: new AbortController().signal,
      once: true,
      onBegunAgain: (chain, { seq }) => again.push([chain, seq]),
      deliver: async (lines) => void taken.push(...lines),
    })
    return { seqs: seqs(taken), again }
  }

  /** Another trail in the place of this one, as who wants to hide something would put it there. */
  async function replaceTrail(calls: number) {
    await log.close()
    rmSync(directoryIn(home.path), { recursive: true })
    log = await logIn(home.path)
    await recordCalls(log, calls, 99, 1)
  }

  it('begins again what was replaced, however long it has become', async () => {
    await recordCalls(log, 10, 1, 1)
    const before = await sent()
    for (const calls of [3, 10, 30]) {
      const last = JSON.parse(readFileSync(cursorFile(), 'utf8'))['tickets-0'].seq
      await replaceTrail(calls)
      const after = await sent()
      expect(after.again).toEqual([['tickets-0', last]])
      expect(after.seqs).toEqual(upTo(after.seqs.length))
    }
    expect(before.again).toEqual([])
    expect(await sent()).toEqual({ seqs: [], again: [] })
  })

  it('notices with an old cursor, which has no hash, that a chain was cut', async () => {
    await recordCalls(log, 10, 1, 1)
    const { seqs: all } = await sent()
    writeFileSync(cursorFile(), JSON.stringify({ 'tickets-0': all.length }))
    expect(await sent()).toEqual({ seqs: [], again: [] })
    writeFileSync(cursorFile(), JSON.stringify({ 'tickets-0': all.length - 2 }))
    expect(await sent()).toEqual({ seqs: all.slice(-2), again: [] })
    writeFileSync(cursorFile(), JSON.stringify({ 'tickets-0': all.length + 1 }))
    expect(await sent()).toEqual({ seqs: all, again: [['tickets-0', all.length + 1]] })
  })

  it('notices while it runs', async () => {
    await recordCalls(log, 10, 1, 1)
    const stop = new AbortController()
    const again: string[] = []
    let seen: number[] = []
    const onBegunAgain = (chain: string) => {
      again.push(chain)
      seen = []
    }
    for await (const { lines } of follow({ trail: trail(), signal: stop.signal, pollMs: 5, onBegunAgain })) {
      seen.push(...seqs(lines))
      if (again.length === 0) await replaceTrail(4)
      else if (seen.length > 0) stop.abort()
    }
    expect(again).toEqual(['tickets-0'])
    expect(seen).toEqual(upTo(seen.length))
  })

  it('begins only once for an end that never fits', async () => {
    await recordCalls(log, 10, 1, 1)
    const { seqs: all } = await sent()
    await log.close()
    const directory = join(directoryIn(home.path), 'tickets-0')
    const files = readdirSync(directory).filter((name) => name.endsWith('.jsonl'))
    const [first = '', last = ''] = [files.sort().at(0), files.at(-1)]
    const [oldest] = readFileSync(join(directory, first), 'utf8').split('\n')
    appendFileSync(join(directory, last), `${oldest}\n`)
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 200)
    const again: string[] = []
    const cursor = { 'tickets-0': { seq: all.length } }
    const onBegunAgain = (chain: string) => again.push(chain)
    for await (const _ of follow({ trail: trail(), signal: stop.signal, cursor, pollMs: 1, onBegunAgain }));
    expect(files.length).toBeGreaterThan(1)
    expect(again).toEqual(['tickets-0'])
  })

  it('gives up after a few tries when it should send what there is and end', async () => {
    await recordCalls(log, 3, 1, 1)
    const problems: (string | undefined)[] = []
    const gaveUp = await forward({
      trail: trail(),
      cursorFile: cursorFile(),
      signal: new AbortController().signal,
      once: true,
      retryMs: 1,
      onProblem: (problem) => problems.push(problem),
      deliver: async () => Promise.reject(new Error('not now')),
    })
    expect([gaveUp, ...problems]).toEqual(Array.from({ length: 5 }, () => 'not now'))
    expect(existsSync(cursorFile())).toBe(false)
  })

  it.each([
    [{ code: 'ECONNREFUSED' }, 'refused the connection'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'cannot be reached (CERT_HAS_EXPIRED)'],
    [{ code: 'told by s3cret' }, 'cannot be reached'],
    [undefined, 'cannot be reached'],
  ])('says of a failure by %j no more than the host and its kind', async (cause, words) => {
    const post = async () => Promise.reject(new TypeError('fetch failed: s3cret', { cause }))
    const deliver = toOtlp('https://user:s3cret@logs.example:4318/v1/logs?key=s3cret', post)
    await expect(deliver([], new AbortController().signal)).rejects.toThrow(
      expect.objectContaining({ message: `logs.example:4318 ${words}` }),
    )
  })

  it('speaks OTLP/HTTP', async () => {
    await recordCalls(log, 3, 1, 1)
    const bodies: { url: string | undefined; body: string }[] = []
    const collector = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      bodies.push({ url: request.url, body })
      response.writeHead(bodies.length === 1 ? 503 : 200).end('{}')
    }).listen(0, '127.0.0.1')
    await once(collector, 'listening')
    const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/logs`
    await within(
      10_000,
      'forwarding',
      forward({
        trail: trail(),
        cursorFile: cursorFile(),
        signal: new AbortController().signal,
        once: true,
        deliver: toOtlp(url),
      }),
    )
    collector.closeAllConnections()
    collector.close()
    expect(bodies.map((one) => one.url)).toEqual(['/v1/logs', '/v1/logs'])
    const { resourceLogs } = JSON.parse(bodies[1]?.body ?? '')
    expect(resourceLogs[0].resource.attributes[0]).toEqual({ key: 'service.name', value: { stringValue: 'tickets' } })
    const [start, first] = resourceLogs[0].scopeLogs[0].logRecords
    expect(start.attributes[0].value.stringValue).toBe('postern.audit.start')
    expect(first).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), spanId: '00f067aa0ba902b7' })
    expect(first.timeUnixNano).toMatch(/^\d{19}$/)
    expect(JSON.parse(first.body.stringValue).request).toBe('1-1')
  })
})
