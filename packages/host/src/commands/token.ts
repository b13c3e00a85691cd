import { developmentIssuer, localPrincipal } from '@postern/auth'
import { parseDuration } from '@postern/limits'
import { selfScope } from '@postern/policy'
import { loadEnvironment } from '../environment/load-environment.ts'
import { StartError } from '../environment/start-error.ts'
import { environmentFile } from '../environment-file.ts'
import { readOptions } from '../options.ts'
import { dataDirectory } from '../process-environment.ts'
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
  const scopes = [...new Set([...server.tools, ...server.resources].map((target) => target.scope))].filter(
    (scope) => scope !== selfScope,
  )
  const principal =
    options['role'] === undefined
      ? named(environment.identity.local, options['as'], scopes)
      : ofRole(options, environment.roles, scopes)
  const text = developmentIssuer(dataDirectory(context.env)).sign({
    ...principal,
    audience: environment.identity.audience ?? `http://127.0.0.1:${server.listen.port}/mcp`,
    purposes: options['purpose'] === undefined ? principal.purposes : [options['purpose']],
    scopes: options['scopes'] === undefined ? principal.scopes : options['scopes'].split(' ').filter(Boolean),
    ttlSeconds: Math.round(parseDuration(options['ttl'] ?? '15min') / 1000),
  })
  process.stdout.write(`${text}\n`)
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
