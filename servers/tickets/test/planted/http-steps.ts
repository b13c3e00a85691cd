import { type HttpServer, modernHeaders, modernRequest, type Planter, type RawRequest } from '@postern/testing'
import { replyOf } from './caller.ts'
import { malformed } from './malformed.ts'
import { type Step, step } from './step.ts'

const whoami = modernRequest(1, 'tools/call', { name: 'whoami', arguments: {} })
const headersOfWhoami = modernHeaders('tools/call', 'whoami')

/** What only HTTP has: headers, query strings, paths and bodies, most of which the edge refuses. */
export function httpSteps(http: HttpServer, plant: Planter): Step[] {
  const request = (what: string, ends: string, records: number, message: RawRequest) =>
    step(`http: ${what}`, ends, records, async () => replyOf(await http.request(message)))
  const withHeaders = (what: string, ends: string, records: number, headers: NonNullable<RawRequest['headers']>) =>
    request(what, ends, records, { headers: { ...headersOfWhoami, ...headers }, body: whoami })
  const refused = (what: string, authorization: string | readonly string[]) =>
    withHeaders(what, 'HTTP 401', 1, { authorization })
  const body = (what: string, ends: string, records: number, body: unknown) =>
    request(what, ends, records, { headers: headersOfWhoami, body })
  const query = (what: string, ends: string, records: number, text: string) =>
    request(what, ends, records, { path: `/mcp?${text}`, headers: headersOfWhoami, body: whoami })

  return [
    refused('a bearer that is no token', `Bearer ${plant.word('bearer')}`),
    refused('a bearer of two parts', `Bearer ${plant.word('bearer')}.${plant.word('bearer')}`),
    refused('a bearer with blanks', `Bearer ${plant.header('bearer')} ${plant.word('bearer')}`),
    refused('a password', `Basic ${Buffer.from(`ada:${plant.word('password')}`).toString('base64')}`),
    refused('two credentials', [`Bearer ${plant.word('bearer')}`, `Bearer ${plant.word('bearer')}`]),
    refused(
      'a token with an address in it',
      `Bearer ${plant.token('jwt', { iss: 'https://id.example.com/', sub: plant.email('sub'), name: plant.text('name') })}`,
    ),
    refused(
      'a token of three texts',
      `Bearer ${plant.word('jwt header')}.${plant.word('jwt claims')}.${plant.word('jwt signature')}`,
    ),
    refused('a token that is too long', `Bearer ${plant.word('long bearer').repeat(600)}`),
    withHeaders('what browsers and proxies send', 'ok', 1, {
      cookie: plant.made('cookie', (word) => `sid=${word}; remember=${word}`),
      'user-agent': plant.header('user agent'),
      referer: `https://intranet.example.com/?token=${plant.word('referer')}`,
      forwarded: `for=${plant.header('forwarded')}`,
      'x-forwarded-for': plant.header('x-forwarded-for'),
      'x-api-key': plant.header('api key'),
      'x-request-id': plant.header('request id'),
      'proxy-authorization': `Basic ${plant.word('proxy authorization')}`,
      traceparent: `00-${plant.word('traceparent')}-7`,
      tracestate: `vendor=${plant.header('tracestate')}`,
      baggage: `user=${plant.email('baggage')}`,
      'mcp-session-id': plant.header('session id'),
      'last-event-id': plant.header('event id'),
      [`x-${plant.word('header name')}`]: '1',
    }),
    withHeaders('an origin', 'HTTP 403', 0, { origin: `https://${plant.word('origin')}.example.com` }),
    withHeaders('a host', 'HTTP 403', 0, { host: `${plant.word('host')}.example.com` }),
    withHeaders('a name that the body does not say', 'JSON-RPC -32020', 1, { 'mcp-name': plant.header('mcp-name') }),
    withHeaders('a version that does not exist', 'JSON-RPC -32020', 1, {
      'mcp-protocol-version': plant.word('version'),
    }),
    withHeaders('another kind of body', 'JSON-RPC -32000', 1, { 'content-type': `text/${plant.word('content type')}` }),
    query('a token in the query', 'HTTP 401', 1, `access_token=${plant.word('token in the query')}`),
    query('a query', 'ok', 1, `api_key=${plant.word('query')}&email=${encodeURIComponent(plant.email('query'))}`),
    request('a path', 'HTTP 404', 0, { path: `/${plant.word('path')}`, body: whoami }),
    request('a path with a password', 'HTTP 404', 0, { path: `/mcp/ada:${plant.word('path')}@db`, body: whoami }),
    request('a method', 'HTTP 405', 0, { method: 'GET', path: `/mcp?sid=${plant.word('query')}` }),
    body(
      'half of a JSON text',
      'JSON-RPC -32700',
      0,
      `{"jsonrpc":"2.0","password":${JSON.stringify(plant.text('body'))}`,
    ),
    body('no JSON at all', 'JSON-RPC -32700', 0, plant.text('body')),
    body('a form', 'JSON-RPC -32700', 0, `user=ada&password=${plant.word('form')}`),
    body('a batch', 'JSON-RPC -32600', 0, [{ ...whoami, id: plant.text('id in a batch') }]),
    body('a text', 'JSON-RPC -32600', 0, JSON.stringify(plant.text('body'))),
    body('too much', 'HTTP 413', 0, `"${plant.word('long body')}${'x'.repeat(300_000)}"`),
    body('another object', 'JSON-RPC -32600', 0, { password: plant.text('member of no message') }),
    body('a method that the headers do not say', 'JSON-RPC -32020', 0, {
      ...whoami,
      method: `tools/${plant.word('method')}`,
    }),
    body('an id that is a secret', 'ok', 1, { ...whoami, id: plant.text('id of a request') }),
    ...malformed(plant).map(({ what, ends, params }) => body(what, ends, 1, { ...whoami, params })),
  ]
}
