export { type AuditLine, auditRecords } from './audit-records.ts'
export { type AuthorizationServer, authorizationServer } from './authorization-server.ts'
export type { AuthorizationServerOptions, Claims } from './authorization-server-configuration.ts'
export { type Certificate, certificate, type Subject } from './certificate.ts'
export {
  type CallOptions,
  type ClientKind,
  type ConnectOptions,
  type ConnectTarget,
  clientKinds,
  connect,
  type ListedTool,
  type McpClient,
  type Person,
  type ToolAnswer,
} from './connect.ts'
export { connectWithOAuth, type OAuthClient, type OAuthOptions } from './connect-with-oauth.ts'
export { environmentWith } from './environment-with.ts'
export { type FakeUpstream, startFakeUpstream } from './fake-upstream/start-fake-upstream.ts'
export type { UpstreamFault } from './fake-upstream/upstream-fault.ts'
export { filesHolding } from './files-holding.ts'
export { fillDisk } from './fill-disk.ts'
export { freePort } from './free-port.ts'
export { holdStore } from './hold-store.ts'
export { leapingClock } from './leaping-clock.ts'
export { Lines } from './lines.ts'
export { legacyHandshake, legacyRequest, modernHeaders, modernRequest } from './messages.ts'
export { modernVersion } from './modern-version.ts'
export { oldNode } from './old-node.ts'
export { type Planted, Planter, tracesOf, type Written } from './planted.ts'
export { type Postgres, type PostgresOptions, startPostgres } from './postgres.ts'
export { type RawAnswer, type RawRequest, rawHttp } from './raw-http.ts'
export { bundleOf, repository } from './repository.ts'
export { runBundle } from './run-bundle.ts'
export { seeded } from './seeded.ts'
export { commandOf, type Exit, type Launch, ServerProcess } from './server-process.ts'
export { elsewhere, type Guarded, type GuardedOptions, startGuarded } from './start-guarded.ts'
export { type HttpLaunch, type HttpServer, startHttp } from './start-http.ts'
export { type RawMessage, type StdioServer, startStdio } from './start-stdio.ts'
export { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts'
export { within } from './within.ts'
