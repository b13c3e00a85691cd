import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A stand-in for a vendor, in a process of its own: counts effects, and misbehaves as each request asks.
 *
 * POST /effects makes one; `dedupe` makes its key count once. A fault strikes once per key. GET /effects?key= searches,
 * GET /count?text= counts, GET /hanging says how many requests wait for an answer they will not get.
 */
export interface EffectRequest {
  readonly key: string
  readonly text: string
  readonly dedupe: boolean
  readonly fault?: UpstreamFault | undefined
}
export type UpstreamFault =
  | 'hang-before'
  | 'reset-before'
  | 'reset-after'
  | 'hang-after'
  | 'error-after'
  | 'refuse'
  | 'limit'

interface Effect {
  readonly id: string
  readonly key: string
  readonly text: string
}

const effects: Effect[] = []
const struck = new Set<string>()
let hanging = 0

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body))
  if (url.pathname === '/count')
    return answer(200, effects.filter(({ text }) => text === url.searchParams.get('text')).length)
  if (url.pathname === '/hanging') return answer(200, hanging)
  if (request.method === 'GET')
    return answer(
      200,
      effects.filter(({ key }) => key === url.searchParams.get('key')),
    )

  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const asked = JSON.parse(Buffer.concat(chunks).toString()) as EffectRequest
  const fault = struck.has(asked.key) ? undefined : asked.fault
  if (fault !== undefined) struck.add(asked.key)
  const hang = () => void hanging++

  if (fault === 'refuse') return answer(422, {})
  if (fault === 'limit') return answer(429, {})
  if (fault === 'hang-before') return hang()
  if (fault === 'reset-before') return void request.socket.destroy()
  const before = asked.dedupe ? effects.find(({ key }) => key === asked.key) : undefined
  const effect = before ?? { id: `note-${effects.length + 1}`, key: asked.key, text: asked.text }
  if (before === undefined) effects.push(effect)
  if (fault === 'hang-after') return hang()
  if (fault === 'reset-after') return void request.socket.destroy()
  if (fault === 'error-after') return answer(502, {})
  answer(before === undefined ? 201 : 200, effect)
})
server.listen(0, '127.0.0.1', () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.on('disconnect', () => process.exit())
