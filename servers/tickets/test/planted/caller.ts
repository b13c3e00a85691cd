import type { McpClient, RawAnswer } from '@postern/testing'
import { type Asked, ask, type Listener, outcomeOf } from '../identity.ts'

/** How a call ended, and everything that came back. */
export interface Reply {
  /** `ok`, `<code>/<reason>` of a tool's error, or what HTTP and JSON-RPC said. */
  readonly ends: string
  readonly text: string
}

/** Somebody who calls a server, in whichever way. */
export interface Caller {
  tool(name: string, args: Readonly<Record<string, unknown>>, meta?: Readonly<Record<string, unknown>>): Promise<Reply>
  resource(uri: string): Promise<Reply>
}

export function overHttp(http: Listener, asked: Asked = {}): Caller {
  return {
    tool: async (name, args, meta) =>
      replyOf(await ask(http, 'tools/call', { name, arguments: args }, { ...asked, meta: { ...asked.meta, ...meta } })),
    resource: async (uri) => replyOf(await ask(http, 'resources/read', { uri }, asked)),
  }
}

export function throughClient(client: McpClient): Caller {
  return {
    tool: (name, args, meta) =>
      answered(async () => {
        const { error, text } = await client.callTool(name, args, meta && { meta })
        return { ends: error === undefined ? 'ok' : `${error.code}/${String(error.details.reason)}`, text }
      }),
    resource: (uri) => answered(async () => ({ ends: 'ok', text: await client.readResource(uri) })),
  }
}

export function replyOf(answer: RawAnswer): Reply {
  const { error } = (answer.json ?? {}) as { error?: { code?: unknown } }
  const { status, text } = answer
  if (typeof error?.code === 'number') return { ends: `JSON-RPC ${error.code}`, text }
  return { ends: status === 200 && answer.json !== undefined ? outcomeOf(answer) : `HTTP ${status}`, text }
}

/** The client libraries throw what the protocol refuses. */
async function answered(call: () => Promise<Reply>): Promise<Reply> {
  try {
    return await call()
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    if (typeof code !== 'number') throw error
    return { ends: `JSON-RPC ${code}`, text: message }
  }
}
