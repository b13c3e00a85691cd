import { randomUUID } from 'node:crypto'
import type { Decide } from '@postern/policy'
import {
  type Ask,
  type Call,
  type Client,
  type Contract,
  type Handler,
  type Principal,
  type Reply,
  type Target,
  unknownTarget,
} from '@postern/tool'
import { z } from 'zod'
import type { Environment } from './environment/load-environment.ts'
import { errorReply } from './reply.ts'
import type { ServerDefinition } from './server-definition.ts'

/** One call as a transport hands it over: a target, and either a caller or the reason why there is none. */
export interface CallRequest {
  readonly target: Target
  readonly input: unknown
  readonly principal?: Principal
  readonly refusal?: unknown
  readonly client: Client
  readonly signal: AbortSignal
  readonly ask?: Ask
}

/** A started server without a transport. It does not know MCP; every transport calls the same few functions. */
export interface Runtime {
  readonly definition: ServerDefinition
  readonly environment: Environment
  readonly contract: Contract
  /** The tool of that name, or a target that the pipeline records and refuses. */
  tool(name: string): Target
  resource(uri: string): { readonly target: Target; readonly input: unknown }
  /** Whether a caller is shown a name. */
  lists(principal: Principal, name: string, kind?: Target['kind']): boolean
  decide: Decide
  /** Runs the pipeline. Never throws: every failure is a reply. */
  call(request: CallRequest): Promise<Reply>
  /** A client echoed a request state that is not its own or not genuine: recorded, before the protocol refuses it. */
  refusedState(principal?: Principal): Promise<void>
  /** The protocol will refuse a malformed call before any handler sees it: recorded here. */
  refusedMessage(principal?: Principal): Promise<void>
  /** Calls that are running now. */
  running(): number
  /** Resolves when no call is running, or after `ms`. */
  idle(ms: number): Promise<void>
  /** @throws ToolError that says which part is not ready */
  ready(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Nobody: the caller of a call whose identity could not be established. Grants nothing, owns nothing. */
const nobody: Principal = {
  issuer: 'urn:postern:nobody',
  subject: 'nobody',
  tenant: '',
  kind: 'user',
  credentialId: 'none',
  scopes: [],
  roles: [],
  attributes: {},
  purposes: [],
  readOnly: true,
}

export function createRuntime(parts: {
  definition: ServerDefinition
  environment: Environment
  contract: Contract
  handler: Handler
  refuse: (refusal: unknown) => Handler
  decide: Decide
  refusedState: (principal?: Principal) => Promise<void>
  refusedMessage: (principal?: Principal) => Promise<void>
  ready: (signal: AbortSignal) => Promise<void>
  close: () => Promise<void>
}): Runtime {
  const { definition, decide } = parts
  const tools = new Map(definition.tools.map((tool) => [tool.name, tool]))
  const resources = new Map(definition.resources.map((resource) => [resource.name, resource]))
  const contact = parts.environment.escalation?.contact
  const running = new Set<Promise<Reply>>()

  async function run(request: CallRequest): Promise<Reply> {
    const call: Call = {
      target: request.target,
      principal: request.principal ?? nobody,
      input: request.input,
      requestId: randomUUID(),
      signal: request.signal,
      client: request.client,
      notes: {},
      ...(request.ask && { ask: request.ask }),
    }
    try {
      return await (request.principal ? parts.handler : parts.refuse(request.refusal))(call)
    } catch (thrown) {
      return errorReply(thrown, call.requestId, contact)
    }
  }

  return {
    definition,
    environment: parts.environment,
    contract: parts.contract,
    decide,
    tool: (name) => tools.get(name) ?? unknownTarget('tool', name.slice(0, 128), z.unknown()),
    resource(uri) {
      for (const target of resources.values()) {
        const input = target.match(uri)
        if (input) return { target, input }
      }
      return { target: unknownTarget('resource', uri.slice(0, 128), z.unknown()), input: {} }
    },
    lists(principal, name, kind = 'tool') {
      const target = kind === 'tool' ? tools.get(name) : resources.get(name)
      return target !== undefined && decide(principal, target).listed
    },
    async call(request) {
      const work = run(request)
      running.add(work)
      try {
        return await work
      } finally {
        running.delete(work)
      }
    },
    running: () => running.size,
    async idle(ms) {
      const late = new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
      await Promise.race([Promise.allSettled(running), late])
    },
    refusedState: parts.refusedState,
    refusedMessage: parts.refusedMessage,
    ready: parts.ready,
    close: parts.close,
  }
}
