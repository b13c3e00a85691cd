import { mkdtempSync, rmSync } from 'node:fs'
import { request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Edge, httpEdge } from './http-edge.ts'
import { httpGate } from './http-gate.ts'
import { createLogger } from './logger.ts'
import type { ServerDefinition } from './server-definition.ts'
import { type Started, start } from './start.ts'
import { notesServer } from './testing/notes-server.ts'

const modern = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

describe('the HTTP face', () => {
  let started: Started
  let edge: Edge
  let directory: string
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'postern-edge-'))
    const log = createLogger({ server: 'notes', environment: 'test', level: 'silent' })
    started = await start({
      server: notesServer as unknown as ServerDefinition,
      environmentFile: join(import.meta.dirname, 'testing', 'notes.yaml'),
      dataDirectory: directory,
      log,
    })
    edge = httpEdge(started, httpGate(started, '127.0.0.1'))
    await new Promise<void>((resolve) => edge.server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    await edge.close()
    await started.runtime.close()
    rmSync(directory, { recursive: true })
  })

  interface Answer {
    readonly status: number
    readonly headers: Readonly<Record<string, string | string[] | undefined>>
    readonly body: string
  }
  const ask = (options: {
    method?: string
    path?: string
    headers?: Record<string, string>
    body?: string
  }): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { port } = edge.server.address() as AddressInfo
      const request = send(
        {
          host: '127.0.0.1',
          port,
          method: options.method ?? 'POST',
          path: options.path ?? '/mcp',
          headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            ...options.headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString(),
            }),
          )
        },
      )
      request.on('error', reject)
      request.end(options.body)
    })
  const legacy = (method: string, params: object) =>
    ask({
      headers: { 'mcp-protocol-version': '2025-11-25' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
  const call = (name: string, args: unknown) =>
    ask({
      headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name, arguments: args, _meta: modern },
      }),
    })
  const event = (answer: Answer) => JSON.parse(/^data: (.*)$/m.exec(answer.body)?.[1] ?? answer.body)

  it('answers a 2026-07-28 call with the data in both channels', async () => {
    const answer = await call('get_note', { id: 'n1' })
    expect(answer.status).toBe(200)
    const { result } = JSON.parse(answer.body)
    expect(result.structuredContent).toEqual({ status: 'ok', note: { id: 'n1', text: 'A note.' } })
    expect(result.content).toEqual([{ type: 'text', text: JSON.stringify(result.structuredContent) }])
    expect(result).toMatchObject({ resultType: 'complete' })
    expect(result.isError).toBeUndefined()
  })

  it('answers a 2025-11-25 call with the same', async () => {
    const { result } = event(await legacy('tools/call', { name: 'get_note', arguments: { id: 'n1' } }))
    expect(result.structuredContent).toEqual({ status: 'ok', note: { id: 'n1', text: 'A note.' } })
  })

  it('answers a failure in one text block and in _meta, and nowhere else', async () => {
    const { result } = JSON.parse((await call('get_note', { id: 'n2' })).body)
    expect(result.isError).toBe(true)
    expect(result).not.toHaveProperty('structuredContent')
    const envelope = JSON.parse(result.content[0].text)
    expect(envelope).toMatchObject({ status: 'error', error: { code: 'NOT_FOUND' } })
    expect(result._meta['dev.postern/error']).toEqual(envelope.error)
  })

  it('answers an unknown tool with -32602, in both eras', async () => {
    expect(JSON.parse((await call('drop_table', {})).body).error).toMatchObject({
      code: -32602,
      message: 'Unknown tool: drop_table',
    })
    expect(event(await legacy('tools/call', { name: 'drop_table' })).error.code).toBe(-32602)
  })

  it('lists tools the same way three times', async () => {
    const lists = [await legacy('tools/list', {}), await legacy('tools/list', {}), await legacy('tools/list', {})]
    expect(new Set(lists.map((list) => JSON.stringify(event(list).result))).size).toBe(1)
    expect(event(lists[0] as Answer).result.tools.map((tool: { name: string }) => tool.name)).toEqual([
      'whoami',
      'list_scopes',
      'get_note',
      'write_note',
    ])
  })

  it.each<[string, Parameters<typeof ask>[0], number, RegExp]>([
    ['a foreign Host', { headers: { host: 'evil.example' } }, 403, /Host/],
    ['a Host that starts like ours', { headers: { host: '127.0.0.1.evil.example' } }, 403, /Host/],
    ['a Host with a port that is none', { headers: { host: '127.0.0.1:99999' } }, 403, /Host/],
    ['a foreign Origin', { headers: { origin: 'https://evil.example' } }, 403, /Origin/],
    ['a null Origin', { headers: { origin: 'null' } }, 403, /Origin/],
    ['GET', { method: 'GET' }, 405, /POST/],
    ['DELETE', { method: 'DELETE' }, 405, /POST/],
    ['another path', { path: '/' }, 404, /\/mcp/],
    ['malformed JSON', { body: '{"jsonrpc":' }, 400, /-32700/],
    ['a JSON array', { body: '[{"jsonrpc":"2.0","id":1,"method":"ping"}]' }, 400, /-32600/],
    ['another content type', { headers: { 'content-type': 'text/plain' }, body: '{}' }, 415, /./],
    ['a megabyte', { body: JSON.stringify({ x: 'x'.repeat(1_000_000) }) }, 413, /bytes/],
    ['a token in the query', { path: '/mcp?access_token=abc' }, 401, /^$/],
    ['a bad token although nobody needs one', { headers: { authorization: 'Bearer nonsense' } }, 401, /^$/],
  ])('refuses %s and goes on serving', async (_case, options, status, body) => {
    const answer = await ask(options)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatch(body)
    expect((await call('whoami', {})).status).toBe(200)
  })

  it('refuses a megabyte without a length', async () => {
    const answer = await ask({
      headers: { 'transfer-encoding': 'chunked' },
      body: JSON.stringify({ x: 'x'.repeat(1_000_000) }),
    })
    expect(answer.status).toBe(413)
  })

  it('accepts an Origin on loopback, with any port', async () => {
    const answer = await ask({
      headers: { origin: 'http://localhost:5173', 'mcp-protocol-version': '2025-11-25' },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    })
    expect(answer.status).toBe(200)
  })

  it('refuses headers that say something else than the body', async () => {
    const answer = await ask({
      headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'whoami' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'get_note', arguments: {}, _meta: modern },
      }),
    })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body).error.code).toBe(-32020)
  })

  it('shows where to get a token', async () => {
    for (const path of ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp']) {
      const answer = await ask({ method: 'GET', path })
      expect(JSON.parse(answer.body)).toMatchObject({ scopes_supported: ['notes:read', 'notes:write'] })
    }
  })
})
