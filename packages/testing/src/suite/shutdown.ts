import { describe, expect, it } from 'vitest'
import { connect } from '../connect.ts'
import { holdStore } from '../hold-store.ts'
import { modernHeaders, modernRequest } from '../messages.ts'
import type { HttpServer } from '../start-http.ts'
import { within } from '../within.ts'
import { expectOnlyJsonRpc } from './raw-lines.ts'
import type { Sample } from './sample.ts'
import { workplace } from './started.ts'

const turnLimitMs = 10_000
const drainDelayMs = 400

/** SIGTERM as the architecture has it (section 11), and a client that goes away. */
export function shutdownSuite(sample: Sample): void {
  describe('when it is told to stop', () => {
    const place = workplace(sample)
    const { tool, input } = sample.read

    it('turns not ready, serves on for the drain delay, closes, and exits with 0', async () => {
      const server = await place.http({ environment: place.environment({ 'http.drain_delay_ms': drainDelayMs }) })
      expect(await server.status('/healthz')).toBe(200)
      expect(await server.status('/readyz')).toBe(200)
      server.child.kill('SIGTERM')
      await turned(server, 503)
      expect(await read(server)).toBe(200)
      expect(await server.ended()).toEqual({ code: 0, signal: null })
      expect(await server.status('/healthz')).toBeUndefined()
    })

    it.skipIf(sample.write === undefined)('lets a running write end, and answers it', async () => {
      const { write } = sample
      if (write === undefined) return
      const server = await place.http({ environment: place.environment({ 'http.drain_delay_ms': drainDelayMs }) })
      const held = holdStore(server.data, sample.server)
      const body = modernRequest(1, 'tools/call', { name: write.tool, arguments: write.input('stopping') })
      const answer = server.request({ headers: modernHeaders('tools/call', write.tool), body })
      // Answered behind the write on the same event loop, so that the write is under way by then.
      expect(await read(server)).toBe(200)
      server.child.kill('SIGTERM')
      await turned(server, 503)
      await refusing(server)
      expect(server.running).toBe(true)
      held.release()
      expect(await answer).toMatchObject({ status: 200, json: { result: { structuredContent: { status: 'ok' } } } })
      expect(await server.ended()).toEqual({ code: 0, signal: null })
    })

    it('ends at once on stdio, and leaves nothing but JSON-RPC behind', async () => {
      const server = place.stdio()
      const client = await connect(server)
      await client.callTool(tool, input)
      expect(await server.stop()).toEqual({ code: 0, signal: null })
      expectOnlyJsonRpc(server)
    })

    it('ends when the client closes stdin, after what it was asked', async () => {
      const server = place.stdio()
      server.send(modernRequest(1, 'server/discover'))
      await server.answer(1)
      server.send(modernRequest(2, 'tools/call', { name: tool, arguments: input }))
      expect(await server.close()).toEqual({ code: 0, signal: null })
      expect(await server.answer(2)).toMatchObject({ result: { structuredContent: { status: 'ok' } } })
      expectOnlyJsonRpc(server)
    })

    async function read(server: HttpServer): Promise<number> {
      const body = modernRequest(1, 'tools/call', { name: tool, arguments: input })
      return (await server.request({ headers: modernHeaders('tools/call', tool), body })).status
    }

    function turned(server: HttpServer, status: number): Promise<void> {
      return within(
        turnLimitMs,
        `/readyz to answer ${status}`,
        (async () => {
          while ((await server.status('/readyz')) !== status) if (!server.running) throw new Error(server.said())
        })(),
      )
    }

    /** The listener takes no new connection any more. */
    function refusing(server: HttpServer): Promise<void> {
      return within(
        turnLimitMs,
        'the listener to close',
        (async () => {
          for (;;)
            try {
              await read(server)
            } catch {
              return
            }
        })(),
        () => server.said(),
      )
    }
  })
}
