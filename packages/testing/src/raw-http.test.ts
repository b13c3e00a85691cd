import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rawHttp } from './raw-http.ts'

describe('rawHttp', () => {
  let server: Server
  let url: URL
  let seen: IncomingMessage | undefined
  let answer: string

  beforeEach(async () => {
    answer = '{"ok":true}'
    server = createServer({ requireHostHeader: false }, (request, response) => {
      seen = request
      response.end(answer)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`)
  })
  afterEach(() => server.close())

  it.each(['evil.example', ''])('sends the Host %j as it is', async (host) => {
    await rawHttp(url, { headers: { host } })
    expect(seen?.headers.host).toBe(host)
  })

  it('sends the right Host when none is given, and leaves out what is undefined', async () => {
    await rawHttp(url, { headers: { accept: undefined } })
    expect(seen?.headers).toMatchObject({ host: url.host, 'content-type': 'application/json' })
    expect(seen?.headers.accept).toBeUndefined()
  })

  it.each([
    ['{"a":1}', { a: 1 }],
    ['event: message\ndata: {"a":1}\n\nevent: message\ndata: {"a":2}\n\n', { a: 2 }],
    ['Host not allowed', undefined],
  ])('reads the answer %j', async (text, json) => {
    answer = text
    expect(await rawHttp(url, { body: {} })).toMatchObject({ status: 200, text, json })
  })

  it('fails when nobody listens', async () => {
    await new Promise((resolve) => server.close(resolve))
    await expect(rawHttp(url, {})).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
