import { beforeAll, describe, expect, it } from 'vitest'
import { connect, type McpClient } from '../connect.ts'
import { legacyRequest, modernHeaders, modernRequest } from '../messages.ts'
import type { HttpServer } from '../start-http.ts'
import type { StdioServer } from '../start-stdio.ts'
import type { Sample } from './sample.ts'
import { workplace } from './started.ts'

const megabyte = 1024 * 1024

/** What no honest client sends. Each is refused by a typed answer, and the server goes on serving. */
export function hostileSuite(sample: Sample): void {
  const { tool, input } = sample.read
  const unknownArgument = { tool, input: { ...input, no_such_field: 1 }, path: 'no_such_field', rule: 'unknown_field' }

  describe.each(['stdio', 'http'] as const)('given a bad call over %s', (transport) => {
    const place = workplace(sample)
    let client: McpClient

    beforeAll(async () => {
      client = await connect(transport === 'http' ? await place.http() : place.stdio())
    })

    it.each([
      ['an argument that does not exist', unknownArgument],
      ['an argument of the wrong type', { ...sample.wrongType, rule: 'type' }],
      ['a text that is too long', { ...sample.overLong, rule: 'max' }],
    ])('names %s', async (_case, call) => {
      const { error } = await client.callTool(call.tool, call.input)
      expect(error).toMatchObject({ code: 'VALIDATION_ERROR', retryable: false, details: { reason: 'schema' } })
      expect(error?.details.issues).toContainEqual(expect.objectContaining({ path: call.path, rule: call.rule }))
      await expectServing(client)
    })

    it('refuses a tool that does not exist', async () => {
      await expect(client.callTool(`${tool}_now`, input)).rejects.toMatchObject({ code: -32602 })
      await expectServing(client)
    })

    it('does not take arguments that are not an object', async () => {
      await expect(client.callTool(tool, ['x'] as never)).resolves.toMatchObject({ isError: true })
      await expectServing(client)
    })
  })

  async function expectServing(client: McpClient): Promise<void> {
    expect(await client.callTool(tool, input)).toMatchObject({ isError: false })
  }

  describe('given a bad request over http', () => {
    const place = workplace(sample)
    let server: HttpServer

    beforeAll(async () => {
      server = await place.http()
    })

    const call = modernRequest(1, 'tools/call', { name: tool, arguments: input })
    const headers = modernHeaders('tools/call', tool)

    it('takes the same request when nothing is wrong with it', async () => {
      await expectServed()
    })

    it.each(['evil.example', 'evil.example:7302', '127.0.0.1.evil.example', '', '127.0.0.1@evil.example'])(
      'refuses the Host "%s" (DNS rebinding)',
      async (host) => {
        const answer = await server.request({ headers: { ...headers, host }, body: call })
        expect([400, 403]).toContain(answer.status)
        expect(answer.text).not.toContain('status')
        await expectServed()
      },
    )

    it.each(['https://evil.example', 'http://localhost.evil.example', 'null', 'file://'])(
      'refuses the Origin "%s"',
      async (origin) => {
        const answer = await server.request({ headers: { ...headers, origin }, body: call })
        expect(answer.status).toBe(403)
        await expectServed()
      },
    )

    it('refuses a body of a megabyte, announced or not', async () => {
      const body = JSON.stringify(
        modernRequest(1, 'tools/call', { name: tool, arguments: { ...input, x: 'x'.repeat(megabyte) } }),
      )
      for (const encoding of [undefined, 'chunked'])
        expect((await server.request({ headers: { ...headers, 'transfer-encoding': encoding }, body })).status).toBe(
          413,
        )
      await expectServed()
    })

    it.each([
      ['of 2026-07-28', headers, [call, { ...call, id: 2 }]],
      // The SDK would serve this one: batches were part of an older revision.
      ['of the 2025 era', {}, [legacyRequest(1, 'tools/list'), legacyRequest(2, 'tools/list')]],
      ['that is empty', {}, []],
    ])('refuses a JSON array %s', async (_case, headers, body) => {
      expect(await server.request({ headers, body })).toMatchObject({
        status: 400,
        json: { error: { code: -32600 }, id: null },
      })
      await expectServed()
    })

    it.each(['{"jsonrpc": "2.0", "id": 1,', '', 'tools/call', '\u0000'])(
      'refuses the malformed body %j',
      async (body) => {
        const answer = await server.request({ headers, body })
        expect(answer).toMatchObject({ status: 400, json: { error: { code: -32700 }, id: null } })
        await expectServed()
      },
    )

    it('refuses headers that contradict the body', async () => {
      const answer = await server.request({ headers: { ...headers, 'mcp-name': 'whoami_' }, body: call })
      expect(answer).toMatchObject({ status: 400, json: { error: { code: -32020 } } })
      await expectServed()
    })

    it.each([
      ['GET', '/mcp', 405],
      ['DELETE', '/mcp', 405],
      ['POST', '/', 404],
      ['POST', '/mcp/', 404],
      ['GET', '/metrics', 404],
      ['GET', '/healthz', 404],
    ])('answers %s %s with %i', async (method, path, status) => {
      expect((await server.request({ method, path })).status).toBe(status)
      await expectServed()
    })

    async function expectServed(): Promise<void> {
      const answer = await server.request({ headers, body: call })
      expect(answer).toMatchObject({ status: 200, json: { result: { structuredContent: { status: 'ok' } } } })
    }
  })

  describe('given a bad line on stdio', () => {
    const place = workplace(sample)
    let server: StdioServer
    let id = 0

    beforeAll(async () => {
      server = place.stdio()
      server.send(modernRequest('open', 'server/discover'))
      await server.answer('open')
    })

    it.each([
      ['what is not JSON', '{"jsonrpc": "2.0", "id": "bad",', -32700],
      ['an empty line', '', undefined],
      ['a JSON array', JSON.stringify([modernRequest('bad', 'tools/call', { name: tool, arguments: input })]), -32600],
      ['a message that is no request', '{"id":"bad"}', -32600],
      ['a number', '42', -32600],
      ['control characters', '\u0000\u0007', -32700],
    ])('answers %s, and goes on', async (_case, line, code) => {
      const before = server.stdout.all.length
      server.send(line)
      await expectServed()
      const refusals = server.stdout.all.slice(before).filter((text) => text.includes('"error":{"code"'))
      expect(refusals.map((text) => (JSON.parse(text) as { error: { code: number } }).error.code)).toEqual(
        code === undefined ? [] : [code],
      )
    })

    it('refuses a line of a megabyte', async () => {
      server.send(modernRequest('big', 'tools/call', { name: tool, arguments: { ...input, x: 'x'.repeat(megabyte) } }))
      const { result } = await server.answer('big')
      expect(result).toMatchObject({ isError: true, _meta: { 'dev.postern/error': { code: 'VALIDATION_ERROR' } } })
      expect(JSON.stringify(result).length).toBeLessThan(4096)
      await expectServed()
    })

    async function expectServed(): Promise<void> {
      const request = modernRequest(++id, 'tools/call', { name: tool, arguments: input })
      server.send(request)
      expect(await server.answer(id)).toMatchObject({ result: { structuredContent: { status: 'ok' } } })
    }
  })
}
