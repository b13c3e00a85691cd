import { ChangingFile } from '@postern/credentials'
import { ToolError } from '@postern/errors'
import { narrowPurpose, type Principal } from '@postern/tool'
import { AuthError, toToolError } from './auth-error.ts'
import { tokenBytesMax } from './decode-token.ts'
import { IdentityError } from './identity-error.ts'
import type { LocalPrincipals } from './identity-section.ts'
import { localPrincipal } from './local-principal.ts'
import type { Verifier } from './verifier.ts'

export interface StdioIdentityOptions {
  /** `POSTERN_TOKEN`, `POSTERN_TOKEN_FILE`, `POSTERN_PRINCIPAL` and `POSTERN_PURPOSE` are read; empty counts as unset. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly environment: string
  /** Made when the first token has to be verified: a start with a local principal needs none. */
  readonly verifier: () => Pick<Verifier, 'verify'>
  readonly local?: LocalPrincipals | undefined
  /** The scopes of this server, for local principals with `scopes: all`. */
  readonly scopes: readonly string[]
  readonly now?: () => number
}

const never = new AbortController().signal

/**
 * Who calls over stdio: the bearer of the token in `POSTERN_TOKEN` or in the file `POSTERN_TOKEN_FILE`, or in
 * development a local principal. `POSTERN_PURPOSE` narrows the purpose.
 *
 * @returns a function to be called for every call. It costs a microsecond as long as nothing changed. It throws
 * ToolError PERMISSION_DENIED `token_expired` or `token_invalid`, with a next step that names the file or variable;
 * `purpose`; or UPSTREAM_UNAVAILABLE `keys_unavailable`
 * @throws IdentityError when the variables contradict each other or name nobody
 */
export function stdioIdentity(options: StdioIdentityOptions): (signal?: AbortSignal) => Promise<Principal> {
  const identity = chooseIdentity(options)
  const purpose = set(options.env, 'POSTERN_PURPOSE')
  if (purpose === undefined) return identity
  return async (signal) => narrowPurpose(await identity(signal), purpose)
}

function chooseIdentity(options: StdioIdentityOptions): (signal?: AbortSignal) => Promise<Principal> {
  const { env, environment, local } = options
  const given = (['POSTERN_TOKEN', 'POSTERN_TOKEN_FILE', 'POSTERN_PRINCIPAL'] as const).filter((name) => set(env, name))
  if (given.length > 1)
    throw new IdentityError(`${given.join(' and ')} are both set. Keep one: each says who is calling.`)
  const token = set(env, 'POSTERN_TOKEN')
  if (token !== undefined) return tokenOfVariable(token, options)
  const file = set(env, 'POSTERN_TOKEN_FILE')
  if (file !== undefined) return tokenOfFile(file, options)
  const name = set(env, 'POSTERN_PRINCIPAL')
  if (environment !== 'development') {
    const fault = name === undefined ? 'Nobody is named.' : 'POSTERN_PRINCIPAL is for development only.'
    throw new IdentityError(`${fault} Set POSTERN_TOKEN_FILE to a file with a token for this server (${environment}).`)
  }
  if (local === undefined)
    throw new IdentityError('Nobody is named. Set POSTERN_TOKEN_FILE, or add identity.local to the development file.')
  const principal = localPrincipal(local, name, options.scopes)
  return async () => principal
}

/** Both read once: a process cannot see a change of its own environment. */
function tokenOfVariable(token: string, { verifier }: StdioIdentityOptions) {
  const verify = once(verifier)
  const nextStep =
    'Ask the person to put a new token into POSTERN_TOKEN and to restart this server; with POSTERN_TOKEN_FILE no restart is needed.'
  return async (signal: AbortSignal = never): Promise<Principal> => {
    try {
      return await verify().verify(token, signal)
    } catch (error) {
      throw error instanceof AuthError ? toToolError(error, nextStep) : error
    }
  }
}

function tokenOfFile(path: string, { verifier, now = Date.now }: StdioIdentityOptions) {
  const verify = once(verifier)
  const file = new ChangingFile(path, { bytesMax: tokenBytesMax + 2, now })
  const nextStep = `Ask the person to put a new token into ${path}; it is read again with the next call.`
  return async function identify(signal: AbortSignal = never): Promise<Principal> {
    const token = tokenIn(file, false, nextStep)
    try {
      return await verify().verify(token, signal)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      // It may have been renewed a moment ago, after the last look.
      const renewed = tokenIn(file, true, nextStep)
      if (renewed === token) throw toToolError(error, nextStep)
      return identify(signal)
    }
  }
}

function tokenIn(file: ChangingFile, force: boolean, nextStep: string): string {
  const content = file.read(force)
  const problem = 'problem' in content ? content.problem : content.text.trim() === '' ? 'is empty' : undefined
  if ('text' in content && problem === undefined) return content.text.trim()
  throw new ToolError(
    'PERMISSION_DENIED',
    'token_invalid',
    `The token file of this server, ${file.path}, ${problem}.`,
    { nextStep },
  )
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** Clients pass an unset optional variable as an empty one. */
function set(env: StdioIdentityOptions['env'], name: string): string | undefined {
  const value = env[name]?.trim()
  return value === '' ? undefined : value
}
