import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientKinds, connect, type McpClient } from '../connect.ts'
import type { HttpServer } from '../start-http.ts'
import type { Sample } from './sample.ts'
import { workplace } from './started.ts'

/** Every client library, over both transports: lists, a call, a refusal, a resource. */
export function clientsSuite(sample: Sample): void {
  describe.each(['stdio', 'http'] as const)('over %s', (transport) => {
    const place = workplace(sample)
    let http: HttpServer

    beforeAll(async () => {
      if (transport === 'http') http = await place.http()
    })

    describe.each(clientKinds)('with the %s client', (kind) => {
      let client: McpClient

      beforeAll(async () => {
        // On stdio the library starts the process itself, with the bare environment that desktop clients give.
        const target =
          transport === 'http'
            ? http
            : { server: sample.server, data: place.data(), env: { POSTERN_ENVIRONMENT: place.environment() } }
        client = await connect(target, { client: kind })
      })
      afterAll(() => client?.close())

      it('speaks the era it was asked for and introduces itself', () => {
        expect(client.era).toBe(kind === 'v2-modern' ? 'modern' : 'legacy')
        expect(client.server?.name).toBe(sample.server)
        expect(client.instructions).toBeTruthy()
      })

      it('lists the tools, each with strict schemas and all four annotations', async () => {
        const tools = await client.listTools()
        expect(tools.map((tool) => tool.name)).toEqual(sample.tools)
        for (const tool of tools) {
          expect(tool.inputSchema, tool.name).toMatchObject({ type: 'object', additionalProperties: false })
          expect(tool.outputSchema, tool.name).toMatchObject({ type: 'object', additionalProperties: false })
          expect(Object.keys(tool.annotations ?? {}).sort(), tool.name).toEqual([
            'destructiveHint',
            'idempotentHint',
            'openWorldHint',
            'readOnlyHint',
          ])
        }
      })

      it('gets a result in both channels, the same in each', async () => {
        const answer = await client.callTool(sample.read.tool, sample.read.input)
        expect(answer).toMatchObject({ isError: false, structuredContent: { status: 'ok' } })
        expect(answer.content).toHaveLength(1)
        expect(JSON.parse(answer.text)).toEqual(answer.structuredContent)
      })

      it('gets a typed error that it does not trip over', async () => {
        const answer = await client.callTool(sample.wrongType.tool, sample.wrongType.input)
        expect(answer).toMatchObject({ isError: true, structuredContent: undefined })
        expect(answer.error).toMatchObject({ code: 'VALIDATION_ERROR', retryable: false })
        expect(answer.meta?.['dev.postern/error']).toEqual(answer.error)
        expect(answer.content).toHaveLength(1)
      })

      it('gets a protocol error for a tool that does not exist', async () => {
        await expect(client.callTool('no_such_tool')).rejects.toMatchObject({ code: -32602 })
      })

      it.skipIf(sample.resource === undefined)('reads a resource, and is told when there is none', async () => {
        const { template, uri, absent } = sample.resource ?? { template: '', uri: '', absent: '' }
        expect((await client.listResourceTemplates()).map(({ uriTemplate }) => uriTemplate)).toContain(template)
        expect((await client.listResources()).map((resource) => resource.uri)).toContain(uri)
        expect(JSON.parse(await client.readResource(uri))).toBeTypeOf('object')
        await expect(client.readResource(absent)).rejects.toMatchObject({ code: -32602, data: { uri: absent } })
      })
    })
  })
}
