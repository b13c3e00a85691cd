import { AuthError } from './auth-error.ts'
import { tokenBytesMax } from './decode-token.ts'

/**
 * The bearer token of a request (RFC 6750 section 2.1), and the only way in: not a form field, not a query.
 *
 * @param rawHeaders names and values in turn, as Node's `rawHeaders`; the parsed `headers` hide a second Authorization
 * @throws AuthError `missing` when there is no bearer credential, `malformed` when there are several or none is legible
 */
export function readBearer(rawHeaders: readonly string[]): string {
  let found: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (name.length !== 13 || name.toLowerCase() !== 'authorization') continue
    if (found !== undefined) throw new AuthError('malformed', 'several Authorization headers')
    found = rawHeaders[i + 1] ?? ''
  }
  if (found === undefined) throw new AuthError('missing', 'no Authorization header')
  if (found.length > tokenBytesMax) throw new AuthError('malformed', 'Authorization header is too long')
  const [scheme, ...rest] = found.trim().split(/ +/)
  // Another scheme is no bearer credential at all; the answer is the same as for none.
  if (scheme?.toLowerCase() !== 'bearer') throw new AuthError('missing', 'Authorization is not Bearer')
  const [token] = rest
  if (rest.length !== 1 || token === undefined || !/^[\w.~+/-]+=*$/.test(token))
    throw new AuthError('malformed', 'Authorization does not hold one token')
  return token
}

const tokenParameters = new Set(['access_token', 'token', 'id_token', 'authorization', 'bearer', 'jwt'])

/**
 * Refuses a token in the URL (RFC 6750 section 2.3 as amended by RFC 9700 section 4.3.2): URLs end up in logs,
 * histories and referrers. Refused even beside a good header, so that nobody gets used to it.
 *
 * @param url the request target, path and query
 * @throws AuthError `malformed`
 */
export function refuseTokenInUrl(url: string): void {
  const at = url.indexOf('?')
  if (at < 0) return
  for (const name of new URLSearchParams(url.slice(at)).keys())
    if (tokenParameters.has(name.toLowerCase())) throw new AuthError('malformed', 'a token in the query string')
}
