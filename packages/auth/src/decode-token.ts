import { AuthError } from './auth-error.ts'
import { parseStrictJson } from './parse-strict-json.ts'

export type Json = Readonly<Record<string, unknown>>

/** A signed token taken apart. Nothing in it is proven yet. */
export interface DecodedToken {
  readonly header: Json
  readonly payload: Json
}

/** Far above any access token, far below what would cost something to look at. */
export const tokenBytesMax = 8 * 1024

/**
 * Takes a JWS in compact form apart, more strictly than libraries do: three parts, canonical base64url without padding
 * or stray bits, UTF-8, JSON objects without duplicate keys.
 *
 * @throws AuthError `malformed`
 */
export function decodeToken(token: string): DecodedToken {
  if (token.length > tokenBytesMax) throw new AuthError('malformed', 'token is too long')
  const parts = token.split('.')
  const [header, payload, signature] = parts
  if (parts.length !== 3 || header === undefined || payload === undefined || signature === undefined)
    throw new AuthError('malformed', `token has ${parts.length} parts instead of 3`)
  decodeBase64url(signature)
  return { header: decodeJson(header, 'header'), payload: decodeJson(payload, 'payload') }
}

function decodeJson(part: string, name: string): Json {
  const bytes = decodeBase64url(part)
  try {
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (error) {
    throw new AuthError('malformed', `token ${name}: ${error instanceof SyntaxError ? 'not strict JSON' : 'not UTF-8'}`)
  }
}

/** Sloppy base64 lets one signature stand for many texts, and slips past lists of known tokens. */
function decodeBase64url(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  if (part === '' || bytes.toString('base64url') !== part)
    throw new AuthError('malformed', 'token is not strict base64url')
  return bytes
}
