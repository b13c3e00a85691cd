import { PassThrough } from 'node:stream'
import type { JSONRPCMessage } from '@modelcontextprotocol/server'
import { describe, expect, it, vi } from 'vitest'
import { stdioTransport } from './stdio-transport.ts'

async function opened() {
  const stdin = new PassThrough()
  const stdout = new PassThrough()
  const stdio = stdioTransport(stdin, stdout)
  const received: JSONRPCMessage[] = []
  const closed = vi.fn()
  stdio.transport.onmessage = (message) => received.push(message)
  stdio.transport.onclose = closed
  await stdio.transport.start()
  return { ...stdio, stdin, stdout, received, closed }
}

const request = (id: number | string) => `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/list' })}\n`
const answer = (id: number | string): JSONRPCMessage => ({ jsonrpc: '2.0', id, result: {} })
async function state(promise: Promise<void>): Promise<'done' | 'waiting'> {
  let done = false
  void promise.then(() => {
    done = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  return done ? 'done' : 'waiting'
}

describe('stdioTransport', () => {
  it('owes an answer to what came in before the end, and is not closed by it', async () => {
    const { stdin, transport, ended, answered, received, closed } = await opened()
    stdin.end(request(1) + request('two'))
    await ended
    expect(received).toHaveLength(2)
    const all = answered(60_000)
    await transport.send(answer(1))
    expect(await state(all)).toBe('waiting')
    await transport.send(answer('two'))
    expect(await state(all)).toBe('done')
    expect(closed).not.toHaveBeenCalled()
    await transport.close()
    expect(closed).toHaveBeenCalledOnce()
  })

  it('does not wait for notifications, nor for what was cancelled', async () => {
    const { stdin, ended, answered } = await opened()
    stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n${request(7)}`)
    stdin.end(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } })}\n`)
    await ended
    expect(await state(answered(60_000))).toBe('done')
  })

  it('waits no longer than it is told', async () => {
    const { stdin, ended, answered } = await opened()
    stdin.end(request(1))
    await ended
    vi.useFakeTimers()
    const all = answered(1000)
    await vi.advanceTimersByTimeAsync(1000)
    await all
    vi.useRealTimers()
  })

  it('does not wait for answers that nobody can read any more', async () => {
    const { stdin, stdout, ended, answered, closed } = await opened()
    stdin.end(request(1))
    await ended
    const all = answered(60_000)
    expect(await state(all)).toBe('waiting')
    stdout.destroy(new Error('EPIPE'))
    expect(await state(all)).toBe('done')
    expect(closed).toHaveBeenCalledOnce()
  })

  it.each([
    ['a line that is not JSON', '{"jsonrpc":', -32700, null],
    ['an array', `[${request(1).trim()}]`, -32600, null],
    ['an object that is no message', '{"id":5,"method":7}', -32600, 5],
    ['a message that is too long', JSON.stringify({ x: 'x'.repeat(5_000_000) }), -32600, null],
  ])('answers %s, and goes on reading', async (_case, line, code, id) => {
    const { stdin, stdout, received, ended } = await opened()
    stdin.write(`${line}\n${request(2)}`)
    stdin.end(request(3).trim())
    await ended
    expect(JSON.parse(String(stdout.read()))).toMatchObject({ jsonrpc: '2.0', id, error: { code } })
    expect(received.map((message) => 'id' in message && message.id)).toEqual([2, 3])
  })

  it('reads a message that arrives in pieces, also within a character', async () => {
    const { stdin, received, ended } = await opened()
    for (const byte of Buffer.from(`{"jsonrpc":"2.0","id":"é😀","method":"ping"}\n`)) stdin.write(Buffer.of(byte))
    stdin.end()
    await ended
    expect(received).toEqual([{ jsonrpc: '2.0', id: 'é😀', method: 'ping' }])
  })
})
