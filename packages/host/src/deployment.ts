import { basename } from 'node:path'
import { type AuditLog, openAudit } from '@postern/audit'
import { type Credentials, storedUses } from '@postern/credentials'
import { outcomesOf } from '@postern/idempotency'
import { type Environment, loadEnvironment } from './environment/load-environment.ts'
import { createLogger, type Logger } from './logger.ts'
import { Metrics } from './metrics.ts'
import { openServerStore } from './open-backend.ts'
import { openDeployedCredentials } from './open-deployed-credentials.ts'
import type { BackendContext, OpenBackend, ServerDefinition } from './server-definition.ts'

export interface DeploymentOptions {
  readonly server: ServerDefinition
  readonly environmentFile: string
  readonly dataDirectory: string
  /** Only for tests, as is all of `WriteTrial`. */
  readonly auditHeartbeatMs?: number | undefined
  /** Instead of JSON lines on stderr. */
  readonly log?: Logger
}

/** Everything outside the process that a server works with, opened. */
export interface Deployment {
  readonly environment: Environment
  readonly log: Logger
  readonly metrics: Metrics
  readonly context: BackendContext
  readonly backend: OpenBackend<object>
  readonly trail: AuditLog
  /** @throws when traffic should go elsewhere: the trail cannot be written, or the store does not answer */
  ready(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

const flushUsesMs = 60_000

/**
 * Opens what a server needs, in the order in which it can fail most clearly: file, credentials, store, backend, trail.
 *
 * @throws StartError or another error with a sentence for the operator
 */
export async function openDeployment(options: DeploymentOptions): Promise<Deployment> {
  const { server, dataDirectory } = options
  const environment = await loadEnvironment(options.environmentFile, server)
  const name = environment.environment
  const log =
    options.log ?? createLogger({ server: server.name, environment: name, level: environment.telemetry.log_level })
  const metrics = new Metrics()
  const credentials = await openDeployedCredentials(environment, (event) => {
    metrics.count('postern_security_events_total', { kind: event.kind })
    log.error({ event }, 'security event')
  })
  const store = await openServerStore({ environment, credentials, server, dataDirectory })
  const stopKeeping = keepUses(credentials, store)
  const stopped = new AbortController()
  const context = { store, credentials, environment: name, signal: stopped.signal }
  const backend = await server.backend.open(environment.backend, context)
  const trail = await openAudit({
    section: environment.audit,
    environment: name,
    server: server.name,
    policy: environment.policyVersion,
    dataDirectory,
    store,
    outcomesOf: (writes) => outcomesOf(store, writes),
    onDamaged: (chains) =>
      log.error({ chains }, 'ends of the trail were changed: these chains are not continued, run audit verify'),
    report: (error) => log.error({ err: error }, 'open writes of the trail could not be closed'),
    heartbeatMs: options.auditHeartbeatMs,
    onOutage(reason) {
      if (reason === undefined) return log.info('the audit trail can be written again')
      metrics.count('postern_audit_outages_total', {})
      log.error({ reason }, 'the audit trail cannot be written: no call is made or answered')
    },
    onProblem: (problem) =>
      problem === undefined ? log.info('checkpoints again') : log.error({ problem }, 'no checkpoint'),
  })
  await trail.event('config_loaded', { detail: { file: basename(environment.file), version: server.version } })
  return {
    environment,
    log,
    metrics,
    context,
    backend,
    trail,
    async ready(signal) {
      const problem = trail.problem()
      if (problem !== undefined) throw new Error(problem)
      await store.ping(signal)
    },
    async close() {
      stopped.abort()
      await backend.close?.()
      await trail.close()
      await stopKeeping()
      await store.close()
    },
  }
}

/** Times of last use are a help to operators: losing the last minute of them must not spoil anything. */
function keepUses(credentials: Credentials, store: BackendContext['store']): () => Promise<void> {
  credentials.keepUses(storedUses(store))
  const flush = () => credentials.flush().catch(() => {})
  const timer = setInterval(() => void flush(), flushUsesMs).unref()
  return async () => {
    clearInterval(timer)
    await flush()
  }
}
