import { CliError, usageError } from '../cli-error.ts'
import { printable } from '../printable.ts'
import type { Approval, Decision, Desk } from './desk.ts'

const answerLimitMs = 15_000
const pageRequestsMax = 100
const pagesMax = 50
const saidCharsMax = 400

interface Page {
  readonly approvals: readonly Approval[]
  readonly next_cursor?: string
}

/**
 * The `/approvals` of a server. The token goes to that server alone: never over an unencrypted connection to another
 * machine, and never to where a redirect leads.
 *
 * @throws CliError when the URL is none to which a token may be sent
 */
export function httpDesk(server: string, token: string | undefined): Desk {
  const root = approvalsUrl(server)
  const ask = (path: string, init: RequestInit = {}) => askServer(new URL(root.href + path), token, init)
  return {
    place: root.origin,
    command: (rest) => `approvals ${rest} --server ${server}`,
    async list(state) {
      let found: readonly Approval[] = []
      let cursor: string | undefined
      for (let page = 0; page < pagesMax; page++) {
        const query = new URLSearchParams({ limit: String(pageRequestsMax), ...(state && { state }) })
        if (cursor !== undefined) query.set('cursor', cursor)
        const answer = (await ask(`?${query}`)) as Page
        found = found.concat(answer.approvals)
        cursor = answer.next_cursor
        if (cursor === undefined) break
      }
      return found
    },
    show: (id) => ask(`/${encodeURIComponent(id)}`) as Promise<Approval>,
    decide: (id, decision: Decision) =>
      ask(`/${encodeURIComponent(id)}`, { method: 'POST', body: JSON.stringify(decision) }) as Promise<Approval>,
  }
}

function approvalsUrl(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined
  if (url === undefined || !['https:', 'http:'].includes(url.protocol))
    throw usageError(`--server ${server.slice(0, 200)} is not a URL such as https://tickets.example.com.`)
  const loopback = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'http:' && !loopback)
    throw usageError(`${url.origin} is not encrypted, and whoever is on the way could read your token. Use https.`)
  if (url.username !== '' || url.search !== '' || url.hash !== '')
    throw usageError('--server takes the plain URL of a server, without a user, a query or a fragment.')
  // What clients are given is the MCP endpoint; the two stand side by side.
  return new URL(`${url.origin}${url.pathname.replace(/\/(mcp\/?)?$/, '')}/approvals`)
}

async function askServer(url: URL, token: string | undefined, init: RequestInit): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(url, {
      ...init,
      headers: {
        accept: 'application/json',
        ...(init.body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      redirect: 'error',
      signal: AbortSignal.timeout(answerLimitMs),
    })
  } catch (error) {
    throw new CliError([`${url.origin} did not answer: ${printable(reasonOf(error))}.`])
  }
  const text = await response.text()
  const value = parse(text)
  if (response.ok && value !== undefined) return value
  throw new CliError(refusal(url, response.status, value, text, token !== undefined))
}

function refusal(url: URL, status: number, value: unknown, text: string, hadToken: boolean): string[] {
  if (status === 401)
    return [
      hadToken
        ? `${url.origin} does not accept this token: it has expired, or it is for another server.`
        : `${url.origin} wants to know who decides.`,
      'Put your token into a file and name it with --token-file, or set POSTERN_TOKEN.',
    ]
  const { error } = (value ?? {}) as { error?: { message?: unknown; next_step?: unknown } }
  const words = [error?.message, error?.next_step].filter((line) => typeof line === 'string')
  if (words.length > 0) return words.map(printable)
  const said = printable(text.trim().slice(0, saidCharsMax))
  return [
    `${url.href.split('?')[0]} answered ${status}${said ? `: ${said}` : ''}. Is this the URL of a Postern server?`,
  ]
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `nothing came within ${answerLimitMs / 1000} s`
  const cause = error instanceof Error ? error.cause : undefined
  const { code, message } = (cause ?? error) as NodeJS.ErrnoException
  return code ?? message
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
