import { CredentialRefused, type Credentials } from '@postern/credentials'
import { AuthError } from './auth-error.ts'
import type { Json } from './decode-token.ts'
import { fetchJson, reasonOf } from './fetch-json.ts'

export interface IntrospectionOptions {
  readonly url: string
  readonly clientId: string
  readonly credentials: Pick<Credentials, 'withRotation'>
  /** The name of the client secret among the credentials. */
  readonly secretName: string
}

const limits = { timeoutMs: 3000, bytesMax: 64 * 1024 }

/** More at a time are answered with `keys_unavailable`: a flood of made-up tokens must not become one on the issuer. */
const runningMax = 32

/**
 * Asks an issuer what one of its tokens means (RFC 7662).
 *
 * @returns a function from a token to its claims. It throws AuthError `invalid` for a token that is not active, and
 * `keys_unavailable` when the issuer does not answer
 */
export function introspection(options: IntrospectionOptions): (token: string) => Promise<Json> {
  let running = 0
  return async function introspect(token) {
    if (running >= runningMax) throw new AuthError('keys_unavailable', 'too many introspections at a time')
    running++
    try {
      return claimsOf(await ask(token, options))
    } finally {
      running--
    }
  }
}

async function ask(token: string, options: IntrospectionOptions): Promise<unknown> {
  try {
    return await options.credentials.withRotation(options.secretName, async (secret) => {
      const answer = await fetchJson(
        options.url,
        {
          method: 'POST',
          headers: { accept: 'application/json', authorization: basic(options.clientId, secret.reveal()) },
          body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
        },
        limits,
      )
      if (answer.status === 401) throw new CredentialRefused()
      if (answer.status !== 200) throw new Error(`status ${answer.status}`)
      return answer.body
    })
  } catch (error) {
    throw new AuthError('keys_unavailable', `introspection at ${options.url}: ${reasonOf(error)}`)
  }
}

function claimsOf(body: unknown): Json {
  const claims = typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Json) : undefined
  if (claims?.['active'] === false) throw new AuthError('invalid', 'the issuer says the token is not active')
  if (claims?.['active'] !== true) throw new AuthError('keys_unavailable', 'the introspection answer says nothing')
  const type = claims['token_type']
  if (type !== undefined && !(typeof type === 'string' && /^(bearer|access_token|at\+jwt)$/i.test(type)))
    throw new AuthError('invalid', 'the token is not a bearer token')
  return claims
}

/** RFC 6749 section 2.3.1: both parts are form-encoded before they are joined. */
function basic(id: string, secret: string): string {
  const encoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  return `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`
}
