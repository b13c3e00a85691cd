import { PassThrough } from 'node:stream'
import type { JSONRPCMessage } from '@modelcontextprotocol/server'
import { beforeEach, expect, it } from 'vitest'
import { stdioTransport } from './stdio-transport.ts'
import { UnrecordedCalls } from './unrecorded-calls.ts'

let records: number
let calls: UnrecordedCalls
beforeEach(() => {
  records = 0
  calls = new UnrecordedCalls({
    async refusedMessage() {
      records += 1
    },
  })
})
const call = (id: string | number): JSONRPCMessage => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'whoami' },
})
const failure = (id: string | number): JSONRPCMessage => ({
  jsonrpc: '2.0',
  id,
  error: { code: -32602, message: 'no' },
})

it('records a call that is refused before a handler has it, and no other', async () => {
  for (const id of [1, '1', 2]) void calls.received(call(id))
  calls.reached(2)
  for (const id of [1, '1', 2, 3]) await calls.answering(failure(id))
  expect(records).toBe(2)
})

it('counts calls of one id', async () => {
  void calls.received(call(1))
  void calls.received(call(1))
  calls.reached(1)
  await calls.answering(failure(1))
  await calls.answering(failure(1))
  expect(records).toBe(1)
})

it('takes no notice of answers that are none of a call', async () => {
  void calls.received({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
  await calls.answering(failure(1))
  await calls.answering({ jsonrpc: '2.0', id: 2, result: {} })
  expect(records).toBe(0)
})

it.each([
  ['without a version', { id: 1, method: 'tools/call', params: { name: 'whoami' } }],
  ['with a broken number for an id', { jsonrpc: '2.0', id: 1.5, method: 'tools/call', params: { name: 'whoami' } }],
  ['with params that are a text', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: 'x' }],
  ['of a resource', { jsonrpc: '2.0', id: 1, method: 'resources/read', params: [] }],
])('records what asks for data and is no message: %s', async (_what, message) => {
  const stdin = new PassThrough()
  const stdout = new PassThrough()
  const { transport } = stdioTransport(stdin, stdout, calls)
  await transport.start()
  stdin.write(`${JSON.stringify(message)}\n`)
  const [answer] = (await stdout.take(1).toArray()) as [Buffer]
  expect(JSON.parse(String(answer))).toMatchObject({ error: { code: -32600 } })
  expect(records).toBe(1)
})

it('is not waited for when its record fails', async () => {
  const stdin = new PassThrough()
  const stdout = new PassThrough()
  const failing = new UnrecordedCalls({ refusedMessage: () => Promise.reject(new Error('down')) })
  const { transport, answered } = stdioTransport(stdin, stdout, failing)
  await transport.start()
  stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: {} })}\n`)
  const [answer] = (await stdout.take(1).toArray()) as [Buffer]
  expect(JSON.parse(String(answer))).toMatchObject({ id: 1, error: { code: -32603 } })
  await answered(60_000)
})
