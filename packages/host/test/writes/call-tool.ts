import { createHash } from 'node:crypto'
import type { ErrorEnvelope } from '@postern/errors'
import { modernHeaders, modernRequest, rawHttp } from '@postern/testing'
import { type Strike, strikeHeader } from '../../src/testing/faults/strikes.ts'

export interface ToolCall {
  readonly tool: string
  readonly input: object
  readonly key: string
  /** Found again in every audit record of this call. */
  readonly marker?: string
  readonly token?: string
  readonly strike?: Strike
}

export interface Answer {
  readonly text: string
  readonly isError: boolean
  readonly error?: ErrorEnvelope['error']
  readonly meta?: Readonly<Record<string, unknown>>
}

/** Calls a tool over HTTP. Undefined when no answer came: the process died, or is not there. */
export async function callTool(server: { readonly url: URL }, call: ToolCall): Promise<Answer | undefined> {
  const message = modernRequest(1, 'tools/call', {
    name: call.tool,
    arguments: { ...call.input, idempotency_key: call.key },
  })
  const meta = { ...message.params._meta, ...(call.marker && { traceparent: traceparent(call.marker) }) }
  const answer = await rawHttp(server.url, {
    headers: {
      ...modernHeaders('tools/call', call.tool),
      ...(call.token && { authorization: `Bearer ${call.token}` }),
      ...(call.strike && { [strikeHeader]: JSON.stringify(call.strike) }),
    },
    body: { ...message, params: { ...message.params, _meta: meta } },
  }).catch(() => undefined)
  const { result } = (answer?.json ?? {}) as { result?: WireResult }
  if (result === undefined) return undefined
  const text = result.content[0]?.text ?? ''
  const isError = result.isError === true
  return {
    text,
    isError,
    ...(isError && { error: (JSON.parse(text) as ErrorEnvelope).error }),
    ...(result._meta && { meta: result._meta }),
  }
}

interface WireResult {
  readonly content: readonly { readonly text: string }[]
  readonly isError?: boolean
  readonly _meta?: Readonly<Record<string, unknown>>
}

/** `CODE/reason` of a failure, `ok` of a success. */
export function outcomeOf(answer: Answer): string {
  return answer.error === undefined ? 'ok' : `${answer.error.code}/${String(answer.error.details.reason)}`
}

export function isReplay(answer: Answer): boolean {
  return answer.meta?.['dev.postern/replayed'] !== undefined
}

export function traceId(marker: string): string {
  return createHash('sha256').update(marker).digest('hex').slice(0, 32)
}

function traceparent(marker: string): string {
  return `00-${traceId(marker)}-0123456789abcdef-01`
}
