import { developmentIssuer, localPrincipal } from '@postern/auth'
import { parseDuration } from '@postern/limits'
import { loadEnvironment } from '../environment/load-environment.ts'
import { StartError } from '../environment/start-error.ts'
import { environmentFile } from '../environment-file.ts'
import { readOptions } from '../options.ts'
import { dataDirectory } from '../process-environment.ts'
import { scopesOf } from '../scopes-of.ts'
import type { MainContext } from '../serve.ts'

const usage =
  'Usage: token --as <local principal> [--purpose <purpose>] [--scopes "<scope> <scope>"] [--ttl 15min], or token --role <role> --tenant <tenant> […].'

/**
 * `token`: a short-lived token of the development issuer in this data directory, on stdout. Only a development
 * deployment with the same data directory accepts it; every other environment refuses it by name.
 */
export async function token(context: MainContext): Promise<void> {
  const { options } = readOptions(
    context.args,
    {
      as: 'a local principal',
      role: 'a role',
      tenant: 'a tenant',
      purpose: 'a purpose',
      scopes: 'scopes',
      ttl: 'a time such as 15min',
    },
    usage,
  )
  const environment = await loadEnvironment(environmentFile(context, true), context.server)
  if (environment.environment !== 'development')
    throw new StartError(
      `${environment.file} is for ${environment.environment}: tokens are signed for development only.`,
    )
  const { server } = context
  const scopes = scopesOf(server, environment)
  const principal =
    options['role'] === undefined
      ? named(environment.identity.local, options['as'], scopes)
      : ofRole(options, environment.roles, scopes)
  const text = developmentIssuer(dataDirectory(context.env)).sign({
    ...principal,
    audience: environment.identity.audience ?? `http://127.0.0.1:${server.listen.port}/mcp`,
    purposes: purposesOf(principal.purposes, options),
    scopes: options['scopes'] === undefined ? principal.scopes : options['scopes'].split(' ').filter(Boolean),
    ttlSeconds: secondsOf(options['ttl'] ?? '15min'),
  })
  process.stdout.write(`${text}\n`)
}

/** What the development issuer signs at most. */
const ttlSecondsMax = 3600

function secondsOf(ttl: string): number {
  const problem = `--ttl ${ttl.slice(0, 32)} is no lifetime of a token: it is a time from 1s to 1h, such as 15min.`
  let seconds: number
  try {
    seconds = Math.round(parseDuration(ttl) / 1000)
  } catch {
    throw new StartError(problem)
  }
  if (seconds < 1 || seconds > ttlSecondsMax) throw new StartError(problem)
  return seconds
}

/** A local principal acts for its own purposes; a role has none until one is named. */
function purposesOf(own: readonly string[], { role, purpose }: Readonly<Record<string, string>>): readonly string[] {
  if (purpose === undefined) return own
  if (role === undefined && !own.includes(purpose))
    throw new StartError(`--purpose must be a purpose of that principal: ${own.join(', ') || 'it has none'}.`)
  return [purpose]
}

type Local = Parameters<typeof localPrincipal>[0]

function named(local: Local | undefined, as: string | undefined, scopes: readonly string[]) {
  if (local === undefined) throw new StartError('the development file names no local principals; use --role.', usage)
  return localPrincipal(local, as, scopes)
}

function ofRole(
  options: Readonly<Record<string, string>>,
  roles: Readonly<Record<string, unknown>>,
  scopes: readonly string[],
) {
  const { role = '', tenant } = options
  if (!Object.hasOwn(roles, role))
    throw new StartError(`there is no role "${role}". There are: ${Object.keys(roles).join(', ')}.`)
  if (tenant === undefined) throw new StartError('token --role needs --tenant.', usage)
  return {
    subject: `any-${role}`,
    tenant,
    kind: 'user' as const,
    scopes,
    roles: [role],
    attributes: {},
    purposes: [],
    readOnly: false,
  }
}
