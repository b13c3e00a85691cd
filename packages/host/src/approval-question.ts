import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpRequestContext,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { refuseForeignAnswer } from '@postern/approvals'
import type { Answer, Ask, Question } from '@postern/tool'
import { z } from 'zod'

/** What the client echoes with its answer. Signed, not encrypted: the client can read it, so it holds nothing to hide. */
interface AskedState {
  readonly tool: string
  readonly id: string
  readonly digest: string
}

const Form = z.object({
  approve: z.boolean().describe('True to let this happen, false to refuse it.'),
})
const answerKey = 'approve'
/** A person reads, thinks, and is called away. */
const ttlSeconds = 600

export type AskedStates = RequestStateCodec<AskedState>

/**
 * Makes and checks the state that ties a person's answer to the question it was given to.
 *
 * @param key 32 bytes, the same in every process of the server
 * @param callerOf names the caller of a request: a state echoed by anybody else is refused
 */
export function askedStates(key: Buffer, callerOf: (ctx: ServerContext) => string): AskedStates {
  return createRequestStateCodec<AskedState>({
    key,
    ttlSeconds,
    // Without the caller in it, the state of one could be echoed by another (MCP `basic/patterns/mrtr`).
    bind: (ctx) => `${ctx.mcpReq.method}\u0000${callerOf(ctx)}`,
  })
}

/** Asking during one call: `ask` is for the pipeline, `question()` is what goes to the client instead of its reply. */
export interface Asking {
  readonly ask: Ask
  question(): InputRequiredResult | undefined
}

/** Can and may this client be asked? Then how; undefined where it cannot, and the approval has to be given outside. */
export function asking(
  mcp: McpServer,
  context: McpRequestContext,
  ctx: ServerContext,
  tool: string,
  states: AskedStates,
): Asking | undefined {
  if (!canElicit(mcp, ctx, context.era)) return undefined
  let pending: InputRequiredResult | undefined
  return {
    question: () => pending,
    async ask(question): Promise<Answer> {
      const state = ctx.mcpReq.requestState<AskedState>()
      const answer = inputResponse(ctx.mcpReq.inputResponses, answerKey)
      if (state === undefined || answer.kind !== 'elicit') {
        pending = await put(question, tool, states, ctx)
        return 'asked'
      }
      // The codec knows method and caller only: a state minted for another tool would pass it.
      refuseForeignAnswer(question, { id: state.tool === tool ? state.id : '', digest: state.digest })
      if (answer.action !== 'accept') return answer.action === 'decline' ? 'declined' : 'cancelled'
      const form = acceptedContent(ctx.mcpReq.inputResponses, answerKey, Form)
      return form?.approve === true ? 'approved' : 'declined'
    },
  }
}

async function put(
  question: Question,
  tool: string,
  states: AskedStates,
  ctx: ServerContext,
): Promise<InputRequiredResult> {
  return inputRequired({
    inputRequests: { [answerKey]: inputRequired.elicit({ message: question.message, requestedSchema: Form }) },
    requestState: await states.mint({ tool, id: question.id, digest: question.digest }, ctx),
  })
}

/** A bare `{}` means form; `{ url: {} }` alone does not. */
function canElicit(mcp: McpServer, ctx: ServerContext, era: McpRequestContext['era']): boolean {
  const envelope = ctx.mcpReq.envelope as Record<string, unknown> | undefined
  // 2025-era HTTP without sessions has no channel back to the client.
  const legacy = ctx.http === undefined ? mcp.server.getClientCapabilities() : undefined
  const capabilities = era === 'modern' ? envelope?.[CLIENT_CAPABILITIES_META_KEY] : legacy
  const elicitation = (capabilities as { elicitation?: { form?: unknown; url?: unknown } } | undefined)?.elicitation
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined)
}
