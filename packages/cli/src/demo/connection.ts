import { Client, ProtocolError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { CliError } from '../cli-error.ts'
import type { Data, Reply } from './scene.ts'

const saidCharsMax = 4000
const info = { name: 'postern-demo', version: '1.0.0' }

/** An MCP client that speaks the newest revision the server has. */
export interface Connection {
  readonly version: string
  readonly pid: number | undefined
  call(tool: string, input: Data): Promise<Reply>
  list(): Promise<Reply>
  read(uri: string): Promise<Reply>
  close(): Promise<void>
}

/**
 * @param begun gets a way to ask for the process before it has answered; undefined while there is none, and at the end
 * @throws CliError with what the server said, when it does not start
 */
export async function connectStdio(
  main: string,
  env: Readonly<Record<string, string>>,
  begun: (pid: () => number | undefined) => void,
): Promise<Connection> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [main],
    env: { ...env },
    stderr: 'pipe',
  })
  begun(() => transport.pid ?? undefined)
  let said = ''
  transport.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-saidCharsMax)))
  try {
    return await connection(transport, () => transport.pid ?? undefined)
  } catch (error) {
    throw new CliError(['The server did not start on stdio. It said:', said.trim() || String(error)])
  }
}

export async function connectHttp(url: URL): Promise<Connection> {
  return connection(new StreamableHTTPClientTransport(url), () => undefined)
}

async function connection(
  transport: StdioClientTransport | StreamableHTTPClientTransport,
  pid: () => number | undefined,
): Promise<Connection> {
  const client = new Client(info, { versionNegotiation: { mode: 'auto' } })
  // The SDK's transports and its own interface disagree under exactOptionalPropertyTypes.
  await client.connect(transport as never)
  return {
    version: client.getNegotiatedProtocolVersion() ?? '',
    get pid() {
      return pid()
    },
    call: (name, input) => replied(async () => toReply(await client.callTool({ name, arguments: { ...input } }))),
    list: () =>
      replied(async () => {
        const { tools } = await client.listTools({}, { cacheMode: 'refresh' })
        return { ok: true, replayed: false, data: { tools: tools.map(({ name }) => name) } }
      }),
    read: (uri) =>
      replied(async () => {
        const [content] = (await client.readResource({ uri }, { cacheMode: 'refresh' })).contents
        const text = content !== undefined && 'text' in content ? content.text : '{}'
        return { ok: true, replayed: false, data: JSON.parse(text) as Data }
      }),
    close: () => client.close(),
  }
}

function toReply(result: Awaited<ReturnType<Client['callTool']>>): Reply {
  const [block] = result.content
  const text = block?.type === 'text' ? block.text : '{}'
  const value = JSON.parse(text) as { error?: Data & { code: string; message: string } }
  if (!result.isError)
    return { ok: true, data: value as Data, replayed: result._meta?.['dev.postern/replayed'] !== undefined }
  const error = value.error ?? { code: 'INTERNAL', message: text }
  return { ok: false, code: error.code, message: error.message, error }
}

async function replied(send: () => Promise<Reply>): Promise<Reply> {
  try {
    return await send()
  } catch (error) {
    if (error instanceof ProtocolError)
      return { ok: false, code: String(error.code), message: error.message, error: { data: error.data } }
    // A lost connection or a broken answer is an outcome of the step, and not the end of the demonstration.
    return { ok: false, code: 'NO_ANSWER', message: error instanceof Error ? error.message : String(error), error: {} }
  }
}
