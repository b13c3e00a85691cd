import { basename } from 'node:path'
import { type ApprovalDesk, approve, describeRule, ruleFor } from '@postern/approvals'
import { type AuditLog, audit, openAudit } from '@postern/audit'
import { createVerifier, developmentIssuer, type Verifier } from '@postern/auth'
import { collectReferences, openCredentials, storedUses } from '@postern/credentials'
import type { ToolError } from '@postern/errors'
import { type CompleterOptions, idempotency, startCompleter } from '@postern/idempotency'
import { concurrency, deadline, describeRate, outputLimit, payloadLimit, rateLimit } from '@postern/limits'
import { access, authorize, decider, handles, mayReplay, selfScope } from '@postern/policy'
import { type Call, contractOf, type Target } from '@postern/tool'
import { loadEnvironment } from './environment/load-environment.ts'
import { binder, handleCall } from './handle-call.ts'
import { createLogger, type Logger } from './logger.ts'
import { Metrics } from './metrics.ts'
import { openServerStore } from './open-backend.ts'
import { inner, type Layers, pipeline, refusals } from './pipeline.ts'
import { rates } from './rates.ts'
import { errorReply } from './reply.ts'
import { createRuntime, type Runtime } from './runtime.ts'
import type { BackendContext, ServerDefinition } from './server-definition.ts'
import { telemetry } from './telemetry.ts'
import { recordApproval, recordSettled } from './trail-events.ts'
import { validate } from './validate.ts'

export interface StartOptions {
  readonly server: ServerDefinition
  readonly environmentFile: string
  readonly dataDirectory: string
  /** Instead of JSON lines on stderr. */
  readonly log?: Logger
  readonly writes?: WriteTrial | undefined
}

/**
 * For tests that crash a server: leases that end soon, and what happens at the named points of a write. A program of
 * the test hands it to `serve`; no configuration, variable or request reaches it, and no bundle has it.
 */
export type WriteTrial = Pick<CompleterOptions, 'leaseMs' | 'pollMs' | 'fault'>

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
  /** Signs what a client echoes while a person is asked; 32 bytes, the same in every process. */
  readonly stateKey: Buffer
  /** The URL of this server, as tokens have to name it. */
  readonly audience: string
  /** The scopes of this server's tools and resources. */
  readonly scopes: readonly string[]
}

const flushUsesMs = 60_000

/**
 * Opens what a server needs, in the order in which it can fail most clearly: file, credentials, store, backend.
 *
 * @throws StartError or another error with a sentence for the operator
 */
export async function start(options: StartOptions): Promise<Started> {
  const { server } = options
  const environment = await loadEnvironment(options.environmentFile, server)
  const log =
    options.log ??
    createLogger({ server: server.name, environment: environment.environment, level: environment.telemetry.log_level })
  const metrics = new Metrics()
  const credentials = await openCredentials({
    environment: environment.environment,
    references: collectReferences(environment),
    onEvent: (event) => {
      metrics.count('postern_security_events_total', { kind: event.kind })
      log.error({ event }, 'security event')
    },
  })
  const store = await openServerStore({ environment, credentials, server, dataDirectory: options.dataDirectory })
  const stopped = new AbortController()
  credentials.keepUses(storedUses(store))
  const uses = setInterval(() => void credentials.flush().catch(() => {}), flushUsesMs).unref()
  const backendContext = { store, credentials, environment: environment.environment, signal: stopped.signal }
  const backend = await server.backend.open(environment.backend, backendContext)
  const trail = await openAudit({
    section: environment.audit,
    environment: environment.environment,
    server: server.name,
    policy: environment.policyVersion,
    dataDirectory: options.dataDirectory,
    store,
    onProblem: (problem) =>
      problem === undefined ? log.info('checkpoints again') : log.error({ problem }, 'no checkpoint'),
  })
  await trail.event('config_loaded', { detail: { file: basename(environment.file), version: server.version } })
  const contract = contractOf(server)
  // Only a development file may leave it out; tokens of the development issuer then name the usual address.
  const audience = environment.identity.audience ?? `http://127.0.0.1:${server.listen.port}/mcp`
  const decide = decider({
    roles: environment.roles,
    readOnly: environment.read_only,
    version: environment.policyVersion,
  })
  const targets = [...server.tools, ...server.resources]
  const rateOf = rates(decide)
  const bound = binder({
    specs: server.ports,
    ports: backend.ports,
    handles: handles(await store.secret('handles', 32)),
    decide,
  })
  const handler = handleCall(bound, {
    access: (principal) =>
      access(principal, {
        deployment: {
          server: server.name,
          serverVersion: server.version,
          environment: environment.environment,
          policyVersion: environment.policyVersion,
        },
        targets,
        decide,
        terms: {
          rate: (who, target) => {
            const rate = rateOf(who, target)
            return rate && describeRate(rate)
          },
          approval: (_who, target) => {
            const rule = target.effect === 'read' ? undefined : ruleFor(environment.approvals, target.name)
            return rule && describeRule(rule)
          },
        },
      }),
  })
  const toReply = (error: ToolError, requestId: string) => errorReply(error, requestId, environment.escalation?.contact)
  const shell = {
    deadline: deadline(environment.limits.deadlineMs),
    output: outputLimit(environment.limits.outputBytesMax),
  }
  const writes: CompleterOptions = {
    store,
    environment: environment.environment,
    server: server.name,
    recovery: backend.recovery,
    target: (name) => server.tools.find((tool) => tool.name === name),
    resume: inner(shell, handler),
    toReply,
    mayReplay: (call, stored) => {
      const decision = decide(call.principal, call.target)
      const ports = server.ports as Readonly<Record<string, { maskable: readonly string[]; own?: boolean }>>
      return mayReplay(
        call.principal,
        decision.allowed ? decision.grants : [],
        stored,
        ports[stored.record?.port ?? ''],
      )
    },
    settled: (write) => recordSettled(trail, write),
    report: (error) => log.error({ err: error }, 'open writes could not be looked at'),
    ...options.writes,
  }
  const completer = startCompleter(writes)
  const desk: ApprovalDesk = {
    store,
    environment: environment.environment,
    server: server.name,
    onEvent: (event) => recordApproval(trail, event),
  }
  const layers: Layers = {
    audit: audit(trail, { toReply: (error, call) => toReply(error, call.requestId) }),
    telemetry: telemetry(log, metrics),
    authorize: authorize(decide),
    limits: [
      rateLimit({ principal: environment.limits.principal, rateOf, store }),
      concurrency(environment.limits.concurrencyMax),
      payloadLimit(environment.limits.inputBytesMax),
    ],
    validate,
    idempotency: idempotency(writes),
    approve: approve({
      ...desk,
      rules: environment.approvals,
      ...(server.approvalFacts && { facts: (call) => factsOf(server, call, bound(call)) }),
    }),
    ...shell,
  }
  return {
    log,
    metrics,
    scopes: scopesOf(targets),
    backend: backendContext,
    trail,
    desk,
    stateKey: await store.secret('request-state', 32),
    audience,
    verifier: lazily(() =>
      createVerifier(environment.identity, {
        environment: environment.environment,
        audience,
        credentials,
        ...(environment.environment === 'development' && {
          developmentIssuer: developmentIssuer(options.dataDirectory),
        }),
        onEvent: (event) => log.info({ event }, 'identity'),
      }),
    ),
    runtime: createRuntime({
      definition: server,
      environment,
      contract,
      handler: pipeline(layers, handler),
      refuse: refusals(layers),
      refusedState: () => trail.event('approval', { detail: { state: 'refused', because: 'request_state' } }),
      decide,
      async ready(signal) {
        trail.admit()
        await store.ping(signal)
      },
      async close() {
        stopped.abort()
        await completer.stop()
        await backend.close?.()
        await trail.close()
        clearInterval(uses)
        // Times of last use are a help to operators; losing the last minute of them must not spoil a clean stop.
        await credentials.flush().catch(() => {})
        await store.close()
      },
    }),
  }
}

/** All scopes in one list: what clients are told to ask for. */
function scopesOf(targets: readonly Target[]): readonly string[] {
  return [...new Set(targets.map((target) => target.scope))].filter((scope) => scope !== selfScope)
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

function factsOf(server: ServerDefinition, call: Call, ports: object) {
  const { idempotency_key: _, ...input } = call.input as Record<string, unknown>
  return server.approvalFacts?.(call.target.name, input, ports as never, call.signal) ?? Promise.resolve(undefined)
}
