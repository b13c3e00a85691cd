import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioClientTransportV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as StreamableHTTPClientTransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import type { ErrorEnvelope } from '@postern/errors'
import { modernVersion } from './modern-version.ts'
import { pipeTransport } from './pipe-transport.ts'
import { commandOf, type Launch, ServerProcess } from './server-process.ts'

/** The client libraries in use: the old one, and the new one in both protocol eras. */
export const clientKinds = ['v1', 'v2-legacy', 'v2-modern'] as const
export type ClientKind = (typeof clientKinds)[number]

const callLimitMs = 30_000

/**
 * What to connect to: a server over HTTP; a process on stdio that is already running; or a launch, which the client
 * library starts by itself with its own stdio transport, the way a desktop client does.
 */
export type ConnectTarget =
  | { readonly url: URL; readonly token?: string }
  | ServerProcess
  | (Launch & { readonly data: string })

export interface ConnectOptions {
  readonly client?: ClientKind
  /** Name and version the client gives itself. */
  readonly info?: { readonly name: string; readonly version: string }
  /** The person at the client: what they answer when a server asks them. Without one the client cannot be asked. */
  readonly person?: Person
}

/** Is asked with a message, and answers a form. */
export type Person = (
  message: string,
) =>
  | { readonly action: 'accept'; readonly content: Record<string, boolean> }
  | { readonly action: 'decline' | 'cancel' }

export interface CallOptions {
  readonly signal?: AbortSignal
  /** Milliseconds; default 30,000. */
  readonly timeoutMs?: number
  readonly meta?: Readonly<Record<string, unknown>>
}

/** A tool's result as the client library handed it over. */
export interface ToolAnswer {
  readonly isError: boolean
  /** The one text block. */
  readonly text: string
  readonly content: readonly { readonly type: string; readonly text?: string }[]
  readonly structuredContent: Readonly<Record<string, unknown>> | undefined
  readonly meta: Readonly<Record<string, unknown>> | undefined
  /** The typed error in the text block of a failure. */
  readonly error: ErrorEnvelope['error'] | undefined
}

export interface ListedTool {
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly inputSchema: Readonly<Record<string, unknown>>
  readonly outputSchema?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, unknown>>
}

/** One small face for all client libraries. Protocol errors are thrown as the library throws them, with `code`. */
export interface McpClient {
  readonly era: 'modern' | 'legacy'
  readonly instructions: string | undefined
  readonly server: { readonly name: string; readonly version: string } | undefined
  /** Always asked anew, never from the client's cache. */
  listTools(): Promise<readonly ListedTool[]>
  callTool(name: string, args?: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<ToolAnswer>
  listResources(): Promise<readonly { readonly uri: string; readonly name: string }[]>
  listResourceTemplates(): Promise<readonly { readonly uriTemplate: string; readonly name: string }[]>
  /** The text of the resource's one content. */
  readResource(uri: string): Promise<string>
  close(): Promise<void>
}

/** Connects a real client library to a real server. Default is the new library in the modern era. */
export async function connect(target: ConnectTarget, options: ConnectOptions = {}): Promise<McpClient> {
  const kind = options.client ?? 'v2-modern'
  const client = newClient(kind, options.info, options.person)
  // The two libraries' transports and methods agree in shape, not in their declared types.
  await client.connect(transportTo(target, kind) as never)
  return faceOf(client, kind)
}

/** A client that is not connected yet. The old library's is used by the new one's type, as far as they agree. */
export function newClient(kind: ClientKind, info: ConnectOptions['info'], person?: Person): Client {
  const { name, version } = info ?? { name: 'postern-testing', version: '1.0.0' }
  const capabilities = person === undefined ? {} : { elicitation: { form: {} } }
  if (kind === 'v1') {
    const client = new ClientV1({ name, version }, { capabilities })
    if (person) client.setRequestHandler(ElicitRequestSchema, ({ params }) => person(params.message))
    return client as unknown as Client
  }
  const mode = kind === 'v2-modern' ? { pin: modernVersion } : 'legacy'
  const client = new Client({ name, version }, { capabilities, versionNegotiation: { mode } })
  if (person) client.setRequestHandler('elicitation/create', ({ params }) => person(params.message))
  return client
}

export function faceOf(client: Client, kind: ClientKind): McpClient {
  const era = kind === 'v1' ? 'legacy' : (client.getProtocolEra() ?? 'legacy')
  const fresh = { cacheMode: 'refresh', timeout: callLimitMs } as const
  return {
    era,
    instructions: client.getInstructions(),
    server: client.getServerVersion(),
    listTools: async () => (await client.listTools({}, fresh)).tools as readonly ListedTool[],
    async callTool(name, args = {}, { signal, timeoutMs = callLimitMs, meta } = {}) {
      const params = { name, arguments: { ...args }, ...(meta && { _meta: { ...meta } }) }
      const limits = { timeout: timeoutMs, ...(signal && { signal }) }
      // The old library has a result schema in second place.
      return answer(await (kind === 'v1' ? callV1(client, params, limits) : client.callTool(params, limits)))
    },
    listResources: async () => (await client.listResources({}, fresh)).resources,
    listResourceTemplates: async () => (await client.listResourceTemplates({}, fresh)).resourceTemplates,
    async readResource(uri) {
      const [content] = (await client.readResource({ uri }, fresh)).contents
      if (content === undefined || !('text' in content)) throw new Error(`${uri} has no text`)
      return content.text
    },
    close: () => client.close(),
  }
}

function callV1(client: Client, params: object, limits: object): Promise<unknown> {
  return (client as unknown as ClientV1).callTool(params as never, undefined, limits)
}

function transportTo(target: ConnectTarget, kind: ClientKind): unknown {
  const old = kind === 'v1'
  if ('url' in target) {
    const Http = old ? StreamableHTTPClientTransportV1 : StreamableHTTPClientTransport
    const token = 'token' in target ? target.token : undefined
    return new Http(
      target.url,
      token === undefined ? {} : { requestInit: { headers: { authorization: `Bearer ${token}` } } },
    )
  }
  if (target instanceof ServerProcess) return pipeTransport(target)
  const Stdio = old ? StdioClientTransportV1 : StdioClientTransport
  return new Stdio({ ...commandOf(target), stderr: 'ignore' })
}

function answer(result: unknown): ToolAnswer {
  const { isError, content, structuredContent, _meta } = result as {
    isError?: boolean
    content?: { type: string; text?: string }[]
    structuredContent?: Record<string, unknown>
    _meta?: Record<string, unknown>
  }
  const text = content?.[0]?.text ?? ''
  return {
    isError: isError === true,
    text,
    content: content ?? [],
    structuredContent,
    meta: _meta,
    error: isError === true ? (JSON.parse(text) as ErrorEnvelope).error : undefined,
  }
}
