import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Faults } from './faults.ts'
import type { UpstreamFault } from './upstream-fault.ts'
import { Vendor, type VendorEntry } from './vendor.ts'

/**
 * A stand-in for a vendor, as a process of its own: what a server that was killed had done is still known here.
 *
 * Its ways to write, one per recovery class:
 * - `POST /native-key/entries`, header `idempotency-key`: the same key, the same answer
 * - `PUT /client-id/entries/<id>`: 201, and 409 when that id exists; `GET` reads it
 * - `POST /search/entries` with a `label`; `GET /search/entries?label=` finds it after the search lag
 * - `POST /plain/entries`: nothing to find it by
 * - `POST /entries/<id>/cancel`, header `idempotency-key`: a change; `GET /entries/<id>`
 *
 * Every body has a `marker`, by which effects are counted, and may have a `fault`. `/control/…` is for the driver.
 */
const vendor = new Vendor()
const faults = new Faults()

interface Asked {
  readonly method: string
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly key: string
  readonly body: {
    readonly marker?: string
    readonly label?: string
    readonly fault?: UpstreamFault
    readonly [name: string]: unknown
  }
}
interface Answered {
  readonly status: number
  readonly body?: unknown
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
// The driver holds the other end: without it nobody needs this process.
process.stdin.on('end', () => process.exit()).resume()

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = await read(request)
  const [head, ...rest] = asked.path
  const answer = head === 'control' ? await control({ ...asked, path: rest }) : await write(asked, request)
  if (answer === undefined) return
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body ?? {}))
}

async function read(request: IncomingMessage): Promise<Asked> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return {
    method: request.method ?? 'GET',
    path: url.pathname.split('/').slice(1),
    query: url.searchParams,
    key: String(request.headers['idempotency-key'] ?? ''),
    body: text === '' ? {} : JSON.parse(text),
  }
}

/** A request of a server: with its effect in the middle, and a fault on either side of it. */
async function write(asked: Asked, request: IncomingMessage): Promise<Answered | undefined> {
  const { marker, fault } = asked.body
  if (marker && fault) faults.plan(marker, fault)
  const before = marker === undefined ? undefined : faults.take(marker, 'before')
  if (before && marker) {
    const instead = await strike(before, marker, request)
    if (instead !== 'go on') return instead
  }
  const answer = act(asked)
  const after = marker === undefined ? undefined : faults.take(marker, 'after')
  if (after && marker) {
    const instead = await strike(after, marker, request)
    if (instead !== 'go on') return instead
  }
  return answer
}

async function strike(
  fault: UpstreamFault,
  marker: string,
  request: IncomingMessage,
): Promise<Answered | 'go on' | undefined> {
  switch (fault.do) {
    case 'hang':
      return undefined
    case 'hold':
      await faults.hold(marker)
      return 'go on'
    case 'slow':
      await delay(fault.ms ?? 0)
      return 'go on'
    case 'kill':
      if (fault.pid !== undefined) process.kill(fault.pid, 'SIGKILL')
      request.socket.destroy()
      return undefined
    case 'reset':
      request.socket.destroy()
      return undefined
    case 'unavailable':
      return { status: 503 }
    case 'limit':
      return { status: 429 }
    case 'refuse':
      return { status: 422 }
  }
}

function act({ method, path, query, key, body }: Asked): Answered {
  const { marker = '', label } = body
  const [way, , id = ''] = path
  switch (`${method} ${way}`) {
    case 'POST native-key':
      return made(vendor.once(key, () => vendor.create(marker)))
    case 'PUT client-id':
      return made(vendor.create(marker, { id }), 409)
    case 'GET client-id':
      return made(vendor.get(id), 404)
    case 'POST search':
      return made(vendor.create(marker, label === undefined ? {} : { label }))
    case 'GET search':
      return { status: 200, body: vendor.search(query.get('label') ?? '') }
    case 'POST plain':
      return made(vendor.create(marker))
    case 'GET entries':
      return made(vendor.get(path[1] ?? ''), 404)
    case 'POST entries':
      return made(
        vendor.once(key, () => vendor.cancel(path[1] ?? '', marker)),
        404,
      )
    default:
      return { status: 404 }
  }
}

function made(entry: VendorEntry | undefined, otherwise = 500): Answered {
  return entry === undefined ? { status: otherwise } : { status: 200, body: entry }
}

async function control({ path: [what], query, body }: Asked): Promise<Answered> {
  const marker = query.get('marker') ?? ''
  switch (what) {
    case 'counts':
      return { status: 200, body: vendor.counts }
    case 'count':
      return { status: 200, body: vendor.count(marker) }
    case 'settings':
      vendor.searchLagMs = Number(body['searchLagMs'])
      return { status: 200 }
    case 'fault':
      faults.plan(marker, body as unknown as UpstreamFault)
      return { status: 200 }
    case 'held':
      await faults.held(marker)
      return { status: 200 }
    case 'release':
      faults.release(marker)
      return { status: 200 }
    default:
      return { status: 404 }
  }
}
