import { modernRequest, type Planter, type StdioServer } from '@postern/testing'
import type { Reply } from './caller.ts'
import { malformed } from './malformed.ts'
import { type Step, step } from './step.ts'

const answerLimitMs = 15_000
const whoami = modernRequest(1, 'tools/call', { name: 'whoami', arguments: {} })

/** What only stdio has: lines of any kind. */
export function stdioSteps(server: StdioServer, plant: Planter): Step[] {
  const line = (what: string, ends: string, records: number, message: unknown) =>
    step(`stdio: ${what}`, ends, records, async () => replyTo(server, message))

  return [
    line('half of a JSON text', 'JSON-RPC -32700', 0, `{"jsonrpc":"2.0","password":"${plant.word('line')}"`),
    line('no JSON at all', 'JSON-RPC -32700', 0, `export API_KEY=${plant.word('line')}`),
    line('a batch', 'JSON-RPC -32600', 0, [{ ...whoami, id: plant.text('id in a batch') }]),
    line('a text', 'JSON-RPC -32600', 0, JSON.stringify(plant.text('line'))),
    line('too much', 'JSON-RPC -32600', 0, `"${plant.word('long line')}${'x'.repeat(4_500_000)}"`),
    line('another object', 'JSON-RPC -32600', 0, { password: plant.text('member of no message') }),
    line('a method that does not exist', 'JSON-RPC -32601', 0, { ...whoami, method: `tools/${plant.word('method')}` }),
    line('a prompt', 'JSON-RPC -32602', 0, modernRequest(2, 'prompts/get', { name: plant.text('prompt') })),
    line('an id that is a secret', 'ok', 1, { ...whoami, id: plant.text('id of a request') }),
    ...malformed(plant).map(({ what, ends, params }) => line(what, ends, 1, { ...whoami, params })),
  ]
}

/** One line is answered by one line. */
async function replyTo(server: StdioServer, message: unknown): Promise<Reply> {
  const from = server.stdout.all.length
  server.send(message)
  const text = await server.within(
    answerLimitMs,
    'an answer',
    server.stdout.find(() => true, from),
  )
  const { error } = JSON.parse(text) as { error?: { code: number } }
  return { ends: error === undefined ? 'ok' : `JSON-RPC ${error.code}`, text }
}
