import { createHash, randomBytes } from 'node:crypto'

const redirectsMax = 10

export interface Browsing {
  /** Who logs in. */
  readonly user: string
  /** Scopes that the person does not consent to, separated by spaces. */
  readonly refuse?: string
}

/**
 * Follows an authorization URL as a browser would, until it is sent back to the client.
 *
 * @returns the URL it was sent back to, with the code or the error
 * @throws Error when it is not sent back within 10 redirects
 */
export async function browse(start: URL, { user, refuse = '' }: Browsing): Promise<URL> {
  const cookies = new Map<string, string>()
  let at = start
  for (let step = 0; step < redirectsMax; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie, login: user, refuse } })
    const text = await answer.text()
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location === null) throw new Error(`${at.href} answered ${answer.status}: ${text.slice(0, 500)}`)
    at = new URL(location, at)
    if (at.origin !== start.origin) return at
  }
  throw new Error(`${start.href} leads nowhere`)
}

/** Gets an authorization code with PKCE (RFC 7636) and gives what the token endpoint wants to see for it. */
export async function authorizationCode(
  wanted: Browsing & { issuer: string; client: string; redirectUri: string; scope: string; resource: string },
): Promise<Record<string, string>> {
  const verifier = randomBytes(32).toString('base64url')
  const url = new URL(`${wanted.issuer}/auth`)
  url.search = new URLSearchParams({
    client_id: wanted.client,
    response_type: 'code',
    redirect_uri: wanted.redirectUri,
    scope: wanted.scope,
    resource: wanted.resource,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()
  const back = await browse(url, wanted)
  const code = back.searchParams.get('code')
  if (code === null) throw new Error(`no code: ${back.search}`)
  return {
    grant_type: 'authorization_code',
    code,
    redirect_uri: wanted.redirectUri,
    code_verifier: verifier,
    resource: wanted.resource,
  }
}
