import type { ApprovalDesk } from '@postern/approvals'
import type { AuditLog } from '@postern/audit'
import { createVerifier, developmentIssuer, IdentityError, type Verifier } from '@postern/auth'
import { handles } from '@postern/policy'
import { type Contract, contractOf } from '@postern/tool'
import type { ApprovalTargets } from './approval-targets.ts'
import { assemble, type WriteTrial } from './assemble.ts'
import { type Deployment, type DeploymentOptions, openDeployment } from './deployment.ts'
import { StartError } from './environment/start-error.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { createRuntime, type Runtime } from './runtime.ts'
import { scopesOf } from './scopes-of.ts'
import type { BackendContext } from './server-definition.ts'
import { recordMalformed, recordRefusedState } from './trail-events.ts'

export interface StartOptions extends DeploymentOptions {
  /** The contract as it was derived when the bundle was built; derived now where there is none. */
  readonly contract?: Contract | undefined
  readonly writes?: WriteTrial | undefined
}

/** A server that has everything but a transport. */
export interface Started {
  readonly runtime: Runtime
  readonly log: Logger
  readonly metrics: Metrics
  /** Made when the first token has to be verified. */
  readonly verifier: () => Verifier
  /** What the backend was opened with. */
  readonly backend: BackendContext
  readonly trail: AuditLog
  /** Where approvals are asked for and given. */
  readonly desk: ApprovalDesk
  /** What approvers do there, for `runtime.call`. */
  readonly approvals: ApprovalTargets
  /** Signs what a client echoes while a person is asked; 32 bytes, the same in every process. */
  readonly stateKey: Buffer
  /** The URL of this server, as tokens have to name it. */
  readonly audience: string
  /** The scopes of this server's tools and resources, and that of its approvers where it asks any. */
  readonly scopes: readonly string[]
}

/**
 * Starts a server without a transport.
 *
 * @throws StartError or another error with a sentence for the operator
 */
export async function start(options: StartOptions): Promise<Started> {
  const { server } = options
  const deployment = await openDeployment({ ...options, auditHeartbeatMs: options.writes?.auditHeartbeatMs })
  const { environment, log, metrics, trail, context } = deployment
  const keys = { handles: handles(await context.store.secret('handles', 32)) }
  const { handler, refuse, decide, desk, approvals, stop } = assemble(server, deployment, keys, options.writes)
  // Only a development file may leave it out; tokens of the development issuer then name the usual address.
  const audience = environment.identity.audience ?? `http://127.0.0.1:${server.listen.port}/mcp`
  return {
    log,
    metrics,
    trail,
    desk,
    approvals,
    audience,
    backend: context,
    scopes: scopesOf(server, environment),
    stateKey: await context.store.secret('request-state', 32),
    verifier: lazily(() => verifierFor(deployment, audience, options.dataDirectory)),
    runtime: createRuntime({
      definition: server,
      environment,
      contract: options.contract ?? contractOf(server),
      handler,
      refuse,
      decide,
      refusedState: (principal) => recordRefusedState(trail, principal),
      refusedMessage: (principal) => recordMalformed(trail, principal),
      ready: deployment.ready,
      async close() {
        await stop()
        await deployment.close()
      },
    }),
  }
}

function verifierFor({ environment, context, log }: Deployment, audience: string, dataDirectory: string): Verifier {
  const name = environment.environment
  try {
    return createVerifier(environment.identity, {
      environment: name,
      audience,
      credentials: context.credentials,
      ...(name === 'development' && { developmentIssuer: developmentIssuer(dataDirectory) }),
      onEvent: (event) => log.info({ event }, 'identity'),
    })
  } catch (error) {
    const path = error instanceof Error ? /^identity(\.\w+)+/.exec(error.message)?.[0] : undefined
    throw path === undefined || !(error instanceof IdentityError)
      ? error
      : new StartError(`${environment.at(path.split('.'))}: ${error.message}`)
  }
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
