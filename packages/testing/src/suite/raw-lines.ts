import { beforeAll, describe, expect, it } from 'vitest'
import { legacyHandshake, legacyRequest, modernRequest } from '../messages.ts'
import type { StdioServer } from '../start-stdio.ts'
import type { Sample } from './sample.ts'
import { workplace } from './started.ts'

/** JSON-RPC lines as they stand in the specification, without a client library that might smooth something over. */
export function rawLinesSuite(sample: Sample): void {
  describe('on raw lines', () => {
    const place = workplace(sample)
    const { tool, input } = sample.read

    it('answers the 2025 era', async () => {
      const server = place.stdio()
      server.send(legacyHandshake.initialize(1))
      expect(await server.answer(1)).toMatchObject({
        result: { protocolVersion: '2025-11-25', serverInfo: { name: sample.server }, capabilities: { tools: {} } },
      })
      server.send(legacyHandshake.initialized)
      server.send(legacyRequest('list', 'tools/list'))
      expect(namesIn(await server.answer('list'))).toEqual(sample.tools)
      server.send(legacyRequest(3, 'tools/call', { name: tool, arguments: input }))
      expect(await server.answer(3)).toMatchObject({ result: { structuredContent: { status: 'ok' } } })
      expect(await server.close()).toEqual({ code: 0, signal: null })
      expectOnlyJsonRpc(server)
    })

    it('answers 2025-06-18, and offers 2025-11-25 to whoever asks for something older', async () => {
      for (const [asked, given] of [
        ['2025-06-18', '2025-06-18'],
        ['2024-11-05', '2025-11-25'],
      ] as const) {
        const server = place.stdio()
        server.send(legacyHandshake.initialize(1, asked))
        expect(await server.answer(1)).toMatchObject({ result: { protocolVersion: given } })
        await server.close()
      }
    })

    it('answers 2026-07-28', async () => {
      const server = place.stdio()
      server.send(modernRequest(1, 'server/discover'))
      const discovered = await server.answer(1)
      expect(discovered).toMatchObject({ result: { capabilities: { tools: {} }, resultType: 'complete' } })
      expect(discovered.result?.['supportedVersions']).toContain('2026-07-28')
      server.send(modernRequest(2, 'tools/list'))
      const list = await server.answer(2)
      expect(namesIn(list)).toEqual(sample.tools)
      expect(list.result).toMatchObject({ cacheScope: 'private', ttlMs: expect.any(Number) })
      server.send(modernRequest(3, 'tools/call', { name: tool, arguments: input }))
      expect(await server.answer(3)).toMatchObject({ result: { structuredContent: { status: 'ok' } } })
      expect(await server.close()).toEqual({ code: 0, signal: null })
      expectOnlyJsonRpc(server)
    })

    it.each([
      [
        '2025',
        [legacyHandshake.initialize(1), legacyHandshake.initialized, legacyRequest(2, 'tools/list')],
        legacyRequest,
      ],
      ['2026-07-28', [modernRequest(1, 'server/discover'), modernRequest(2, 'tools/list')], modernRequest],
    ] as const)(
      'answers all lines of a pipe that is closed at once, in the era of %s',
      async (_era, opening, request) => {
        const server = place.stdio()
        for (const message of opening) server.send(message)
        for (const id of [3, 4, 5]) server.send(request(id, 'tools/call', { name: tool, arguments: input }))
        expect(await server.close()).toEqual({ code: 0, signal: null })
        expect((await server.answer(2)).result).toBeDefined()
        for (const id of [3, 4, 5])
          expect(await server.answer(id)).toMatchObject({ result: { structuredContent: { status: 'ok' } } })
        expectOnlyJsonRpc(server)
      },
    )

    describe('of one modern connection', () => {
      let server: StdioServer

      beforeAll(async () => {
        server = place.stdio()
        // The first message decides the era of the connection.
        server.send(modernRequest('open', 'tools/list'))
        await server.answer('open')
      })

      it('gives the list byte for byte the same every time', async () => {
        const lists = []
        for (const id of [1, 2, 3]) {
          server.send(modernRequest(id, 'tools/list'))
          lists.push(JSON.stringify((await server.answer(id)).result))
        }
        expect(new Set(lists).size).toBe(1)
      })

      it('refuses a modern request that does not say who sends it', async () => {
        server.send({ jsonrpc: '2.0', id: 'bare', method: 'tools/list', params: {} })
        expect((await server.answer('bare')).error?.code).toBe(-32602)
      })

      it('answers an unknown method and an invalid cursor with the codes of the specification', async () => {
        server.send(modernRequest('method', 'tools/destroy'))
        expect((await server.answer('method')).error?.code).toBe(-32601)
        server.send(modernRequest('cursor', 'tools/list', { cursor: 'garbage' }))
        expect((await server.answer('cursor')).error?.code).toBe(-32602)
      })
    })
  })
}

/** The first byte is `{`, and every line is one JSON-RPC message. */
export function expectOnlyJsonRpc(server: StdioServer): void {
  const { text, all } = server.stdout
  expect(text[0]).toBe('{')
  for (const line of all) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
}

function namesIn(message: { result?: Record<string, unknown> }): string[] {
  return ((message.result?.['tools'] ?? []) as { name: string }[]).map(({ name }) => name)
}
