import { type HttpServer, legacyRequest, modernHeaders, modernRequest, type RawAnswer } from '@postern/testing'

/** A caller as the authorization server describes it, in the claims that the environment files name. */
export const ada = {
  org: 'acme',
  kind: 'user',
  groups: ['support-agent'],
  purpose: ['support'],
  projects: ['OPS', 'WEB'],
  email: ['ada@acme.example'],
}

/** A ticket of good quality, whatever its title says. */
export function describeTicket(title: string) {
  return {
    project_key: 'OPS',
    title,
    description: 'The badge reader at gate 4 reads no card since Monday morning, and people queue outside.',
    priority: 'P3',
    acceptance_criteria: ['A card is read within one second'],
  }
}

export const eras = ['modern', 'legacy'] as const
type Era = (typeof eras)[number]

export interface Asked {
  readonly token?: string
  readonly era?: Era
  /** Headers beside those of a client, or instead of them; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly path?: string
  /** Added to the `_meta` of the request. */
  readonly meta?: Readonly<Record<string, unknown>>
}

export type Listener = Pick<HttpServer, 'request'>

/** One request of an MCP client over HTTP, without a client library in between. */
export function ask(http: Listener, method: string, params: object, asked: Asked = {}): Promise<RawAnswer> {
  const { token, era = 'modern', headers, path, meta } = asked
  const request = era === 'modern' ? modernRequest(1, method, params) : legacyRequest(1, method, params)
  const { name, uri } = params as { name?: string; uri?: string }
  return http.request({
    ...(path !== undefined && { path }),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(era === 'modern' && modernHeaders(method, name ?? uri)),
      ...headers,
    },
    body: { ...request, params: { ...request.params, _meta: { ...metaOf(request.params), ...meta } } },
  })
}

const metaOf = (params: object): object => (params as { _meta?: object })._meta ?? {}

/** Calls a tool. */
export function call(http: Listener, name: string, args: object, asked: Asked = {}): Promise<RawAnswer> {
  return ask(http, 'tools/call', { name, arguments: args }, asked)
}

interface Result {
  readonly isError?: boolean
  readonly content: readonly { readonly text: string }[]
  readonly structuredContent?: Readonly<Record<string, unknown>>
  readonly tools: readonly { readonly name: string }[]
}

/** @throws Error when the answer is no result of the protocol */
export function resultOf(answer: RawAnswer): Result {
  const { result } = (answer.json ?? {}) as { result?: Result }
  if (result === undefined) throw new Error(`HTTP ${answer.status}: ${answer.text}`)
  return result
}

/** How a tool call ended: `ok`, `HTTP <status>`, or `<code>/<reason>` of its error. */
export function outcomeOf(answer: RawAnswer): string {
  if (answer.status !== 200) return `HTTP ${answer.status}`
  const { isError, content } = resultOf(answer)
  if (isError !== true) return 'ok'
  const { error } = JSON.parse(content[0]?.text ?? '') as { error: { code: string; details: { reason: string } } }
  return `${error.code}/${error.details.reason}`
}

/** The names in tools/list. */
export async function toolsListed(http: Listener, asked: Asked): Promise<string[]> {
  return resultOf(await ask(http, 'tools/list', {}, asked)).tools.map(({ name }) => name)
}

export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}
