import {
  type CallToolResult,
  CLIENT_INFO_META_KEY,
  type InputRequiredResult,
  type ListResourcesResult,
  type ListResourceTemplatesResult,
  type ListToolsResult,
  type McpRequestContext,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  type RequestId,
  type ServerContext,
  type Tool as WireTool,
} from '@modelcontextprotocol/server'
import { type Contract, narrowPurpose, type Principal, type Reply, type Resource } from '@postern/tool'
import { type AskedStates, asking } from './approval-question.ts'
import { clientOf } from './client-of.ts'
import type { CallRequest, Runtime } from './runtime.ts'

/** 2025-era versions we serve beside 2026-07-28; older ones are answered with the first of these. */
const legacyVersions = ['2025-11-25', '2025-06-18']
const listTtlMs = 60_000

/** Who is asking; on stdio this is asked anew for every call, because a token in a file may have been renewed. */
export type Identify = () => Promise<Principal>

/**
 * One SDK server for one request (HTTP) or one connection (stdio). It holds no state of ours.
 *
 * Every method that a caller could reach data through is answered by our own handler, so that nothing passes the
 * pipeline: unknown names, refused input and resource reads included. The SDK's own handlers would validate before
 * policy, answer in plain text, and return the message of whatever was thrown.
 */
export function mcpServer(
  runtime: Runtime,
  context: McpRequestContext,
  identify: Identify,
  states: AskedStates,
  /** Told of every call that comes as far as this, and so leaves a record. */
  onCall: (call: RequestId) => void = () => {},
): McpServer {
  const { definition, contract } = runtime
  const mcp = new McpServer(
    { name: definition.name, title: definition.title, version: definition.version },
    {
      instructions: definition.instructions,
      // An empty list of prompts is answered rather than refused: clients ask for it without looking.
      capabilities: {
        tools: { listChanged: false },
        resources: { listChanged: false },
        prompts: { listChanged: false },
      },
      supportedProtocolVersions: legacyVersions,
      requestState: { verify: recorded(runtime, states, identify, onCall) },
      cacheHints: {
        'server/discover': { ttlMs: listTtlMs, cacheScope: 'public' },
        // What is listed depends on the caller.
        'tools/list': { ttlMs: listTtlMs, cacheScope: 'private' },
        'resources/list': { ttlMs: 0, cacheScope: 'private' },
        'resources/templates/list': { ttlMs: listTtlMs, cacheScope: 'private' },
        'resources/read': { ttlMs: 0, cacheScope: 'private' },
      },
    },
  )

  mcp.server.setRequestHandler('tools/list', async (request, ctx): Promise<ListToolsResult> => {
    refuseCursor(request.params?.cursor)
    const principal = await lister(runtime, 'tools/list', identify, asked(mcp, context, ctx))
    return { tools: wireTools(contract).filter((tool) => runtime.lists(principal, tool.name)) }
  })
  mcp.server.setRequestHandler('tools/call', async (request, ctx): Promise<CallToolResult | InputRequiredResult> => {
    onCall(ctx.mcpReq.id)
    const { name } = request.params
    const person = asking(mcp, context, ctx, name, states)
    const reply = await runtime.call({
      target: runtime.tool(name),
      input: request.params.arguments ?? {},
      ...(await caller(identify)),
      ...asked(mcp, context, ctx),
      ...(person && { ask: person.ask }),
    })
    const question = person?.question()
    if (question !== undefined && reply.error?.code === 'APPROVAL_REQUIRED') return question
    if (reply.error?.details.reason === 'unknown_tool')
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name.slice(0, 128)}`)
    return toolResult(reply)
  })
  mcp.server.setRequestHandler('resources/list', async (request, ctx): Promise<ListResourcesResult> => {
    refuseCursor(request.params?.cursor)
    const who = asked(mcp, context, ctx)
    const principal = await lister(runtime, 'resources/list', identify, who)
    const pages = await Promise.all(
      definition.resources
        .filter((resource) => runtime.lists(principal, resource.name, 'resource'))
        .map(async (resource) => {
          if (resource.listing === undefined) return []
          return listed(resource, await runtime.call({ target: resource.listing, input: {}, principal, ...who }))
        }),
    )
    return { resources: pages.flat() }
  })
  mcp.server.setRequestHandler(
    'resources/templates/list',
    async (request, ctx): Promise<ListResourceTemplatesResult> => {
      refuseCursor(request.params?.cursor)
      const principal = await lister(runtime, 'resources/templates/list', identify, asked(mcp, context, ctx))
      return {
        resourceTemplates: definition.resources
          .filter((resource) => runtime.lists(principal, resource.name, 'resource'))
          .map(({ name, title, description, uri }) => ({
            name,
            title,
            description,
            uriTemplate: uri,
            mimeType: 'application/json',
          })),
      }
    },
  )
  mcp.server.setRequestHandler('resources/read', async (request, ctx): Promise<ReadResourceResult> => {
    onCall(ctx.mcpReq.id)
    const { uri } = request.params
    const { target, input } = runtime.resource(uri)
    const reply = await runtime.call({ target, input, ...(await caller(identify)), ...asked(mcp, context, ctx) })
    if (reply.error) throw resourceError(uri, reply.error)
    return { contents: [{ uri, mimeType: 'application/json', text: reply.text }] }
  })
  return mcp
}

/** The SDK refuses a bad state before any handler of ours runs; this is the only place where that can be recorded. */
function recorded(
  runtime: Runtime,
  states: AskedStates,
  identify: Identify,
  onCall: (call: RequestId) => void,
): AskedStates['verify'] {
  return async (state, ctx) => {
    try {
      return await states.verify(state, ctx)
    } catch (error) {
      onCall(ctx.mcpReq.id)
      await runtime.refusedState(await identify().catch(() => undefined))
      throw error
    }
  }
}

/** A success or a failure in exactly one text block; a failure has no `structuredContent`, which some clients would validate. */
function toolResult(reply: Reply): CallToolResult {
  return {
    content: [{ type: 'text', text: reply.text }],
    ...(reply.isError ? { isError: true } : { structuredContent: reply.data as Record<string, unknown> }),
    ...(reply.meta && { _meta: reply.meta as Record<string, unknown> }),
  }
}

/** Absent, hidden and denied are one identical answer; other failures carry our error. Resources have no error result. */
function resourceError(uri: string, error: NonNullable<Reply['error']>): ProtocolError {
  return ['NOT_FOUND', 'PERMISSION_DENIED', 'VALIDATION_ERROR'].includes(error.code)
    ? new ProtocolError(ProtocolErrorCode.InvalidParams, 'Resource not found', { uri })
    : new ProtocolError(ProtocolErrorCode.InternalError, error.message, error)
}

function listed(resource: Resource, reply: Reply): ListResourcesResult['resources'] {
  // A list that could not be made must not pass for an empty one.
  if (reply.error) throw new ProtocolError(ProtocolErrorCode.InternalError, reply.error.message, reply.error)
  const found = reply.data?.['resources'] as readonly { uri: string; title: string }[]
  return found.map(({ uri, title }) => ({
    uri,
    name: title,
    title,
    description: resource.description,
    mimeType: 'application/json',
  }))
}

/**
 * Who may see a list. A refusal takes the pipeline, so that it is recorded; a list has no place for a typed error, so
 * what the person has to do stands in the message.
 */
async function lister(
  runtime: Runtime,
  method: string,
  identify: Identify,
  request: Pick<CallRequest, 'client' | 'signal'>,
): Promise<Principal> {
  const { purpose } = request.client
  try {
    const principal = await identify()
    return purpose === undefined ? principal : narrowPurpose(principal, purpose)
  } catch (refusal) {
    const { error } = await runtime.call({ target: runtime.tool(method), input: {}, refusal, ...request })
    const words = error === undefined ? 'Refused.' : `${error.message} ${error.next_step}`
    throw new ProtocolError(ProtocolErrorCode.InternalError, words, error)
  }
}

/** A caller whose identity fails still goes through the pipeline, so that the refusal is recorded like any other. */
async function caller(identify: Identify): Promise<Pick<CallRequest, 'principal' | 'refusal'>> {
  try {
    return { principal: await identify() }
  } catch (refusal) {
    return { refusal }
  }
}

function asked(mcp: McpServer, context: McpRequestContext, ctx: ServerContext): Pick<CallRequest, 'client' | 'signal'> {
  const envelope = ctx.mcpReq.envelope as Record<string, unknown> | undefined
  const info = (envelope?.[CLIENT_INFO_META_KEY] ?? mcp.server.getClientVersion()) as
    | { name?: string; version?: string }
    | undefined
  const transport = ctx.http === undefined ? 'stdio' : 'http'
  return { signal: ctx.mcpReq.signal, client: clientOf(ctx.mcpReq._meta, { transport, era: context.era, info }) }
}

/** Lists fit on one page, so that no cursor of ours exists; one that a client brings is invalid (MCP `pagination`). */
function refuseCursor(cursor: string | undefined): void {
  if (cursor !== undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid cursor')
}

const wire = new WeakMap<Contract, readonly WireTool[]>()

/** The tools as MCP shows them, built once per contract. */
function wireTools(contract: Contract): readonly WireTool[] {
  const known = wire.get(contract)
  if (known) return known
  const tools = contract.tools.map(
    (tool): WireTool => ({
      name: tool.name,
      title: tool.title,
      description: tool.description,
      inputSchema: tool.inputSchema as WireTool['inputSchema'],
      outputSchema: tool.outputSchema as NonNullable<WireTool['outputSchema']>,
      annotations: tool.annotations,
      _meta: { 'dev.postern/contract': tool.version },
    }),
  )
  wire.set(contract, tools)
  return tools
}
