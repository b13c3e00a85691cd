import { join } from 'node:path'
import { type AuthorizationServer, authorizationServer } from './authorization-server.ts'
import type { AuthorizationServerOptions } from './authorization-server-configuration.ts'
import { environmentWith } from './environment-with.ts'
import { freePort } from './free-port.ts'
import { repository } from './repository.ts'
import { type HttpLaunch, type HttpServer, startHttp } from './start-http.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export interface GuardedOptions
  extends Pick<AuthorizationServerOptions, 'users' | 'services' | 'opaque' | 'clientDocuments'> {
  /** Folder name under `servers/`. */
  readonly server: string
  /** The scopes of the server, separated by spaces. */
  readonly scopes: string
  /** The environment file it starts from; default `staging`. */
  readonly environment?: 'staging' | 'production'
  /** Changes to that file beside its issuer, audience and store; `place` is a directory for files they name. */
  readonly changes?: Changes | ((authorization: AuthorizationServer, place: string) => Changes)
  readonly env?: Readonly<Record<string, string>>
  /** For `changes` that switch TLS on. */
  readonly tls?: NonNullable<HttpLaunch['tls']>
}

type Changes = Readonly<Record<string, unknown>>

/** A built server that lets nobody in without a token, with the authorization server that issues them. */
export interface Guarded {
  readonly authorization: AuthorizationServer
  readonly http: HttpServer
  /** The environment file, to start further processes with. */
  readonly file: string
  /** Where the files of this test may stand; removed at the end. */
  readonly place: string
  /** The body of `/metrics`. */
  metrics(): Promise<string>
  stop(): Promise<void>
}

/** Another server that the same authorization server issues tokens for. */
export const elsewhere = 'https://elsewhere.example.com/mcp'

/** Starts both. The file is the one that is shipped, but for what has no meaning on this machine. */
export async function startGuarded(options: GuardedOptions): Promise<Guarded> {
  const { server, environment = 'staging', changes = {}, env = {}, scopes, tls } = options
  const directory = temporaryDirectory()
  const port = await freePort()
  const audience = `${tls ? 'https' : 'http'}://127.0.0.1:${port}/mcp`
  const authorization = await authorizationServer({
    ...options,
    resources: { [audience]: scopes, [elsewhere]: scopes },
  })
  const { issuer, jwks } = authorization
  const file = environmentWith(
    join(repository, 'servers', server, 'environments', `${environment}.yaml`),
    {
      'identity.audience': audience,
      'identity.issuers': [{ issuer, jwks }],
      store: { kind: 'sqlite' },
      'backend.sample': true,
      'http.drain_delay_ms': 0,
      ...(typeof changes === 'function' ? changes(authorization, directory.path) : changes),
    },
    join(directory.path, `${environment}.yaml`),
  )
  const http = await startHttp({
    server,
    environment: file,
    env: { ...env, POSTERN_PORT: String(port) },
    ...(tls && { tls }),
  })
  return {
    authorization,
    http,
    file,
    place: directory.path,
    metrics: async () => (await fetch(new URL('/metrics', http.operations))).text(),
    async stop() {
      await http.kill()
      await authorization.stop()
      directory.remove()
    },
  }
}
