import { type ApprovalDesk, approve, describeRule, ruleFor, sweepApprovals } from '@postern/approvals'
import { audit, recordApproval, recordSettled } from '@postern/audit'
import type { ToolError } from '@postern/errors'
import { type Completer, type CompleterOptions, idempotency, startCompleter } from '@postern/idempotency'
import { concurrency, deadline, describeRate, outputLimit, payloadLimit, rateLimit } from '@postern/limits'
import {
  type Access,
  access,
  activeRoles,
  authorize,
  type Decide,
  decider,
  type Handles,
  mayReplay,
  type Policy,
  rowsOf,
  type Terms,
} from '@postern/policy'
import type { Handler, Middleware, Principal } from '@postern/tool'
import { approvalSubject } from './approval-subject.ts'
import { type ApprovalTargets, approvalTargets } from './approval-targets.ts'
import { approver } from './approver.ts'
import type { Deployment } from './deployment.ts'
import type { Environment } from './environment/load-environment.ts'
import { type Binder, binder, handleCall } from './handle-call.ts'
import { approvalPipeline, inner, type Layers, pipeline, refusals } from './pipeline.ts'
import { rates } from './rates.ts'
import { errorReply, successReply } from './reply.ts'
import type { ServerDefinition } from './server-definition.ts'
import { logUnrecorded, telemetry } from './telemetry.ts'
import { validate } from './validate.ts'

/**
 * For tests that crash a server: leases that end soon, and what happens at the named points of a write. A program of
 * the test hands it to `serve`; no configuration, variable or request reaches it, and no bundle has it.
 */
export interface WriteTrial extends Pick<CompleterOptions, 'leaseMs' | 'pollMs' | 'fault'> {
  readonly auditHeartbeatMs?: number
}

/** A server's pipeline, and what works beside it. */
export interface Assembled {
  readonly handler: Handler
  readonly refuse: (refusal: unknown) => Handler
  readonly decide: Decide
  /** Where approvals are asked for and given. */
  readonly desk: ApprovalDesk
  /** What approvers do there; `handler` takes these like any tool. */
  readonly approvals: ApprovalTargets
  /** Ends what runs beside the pipeline. */
  stop(): Promise<void>
}

/**
 * A lease outlives the longest call twice over, so that nobody takes over a write that is still running. A call may take
 * its deadline twice: once for what it is about, where a person may have to approve it, and once for what it does.
 */
const leaseMsMin = 30_000
const sweepApprovalsMs = 60 * 60 * 1000

/** Puts the layers of a deployment together. `keys` are the server's own secrets, the same in all its processes. */
export function assemble(
  server: ServerDefinition,
  deployment: Deployment,
  keys: { readonly handles: Handles },
  trial?: WriteTrial,
): Assembled {
  const { environment, trail, log, metrics, backend } = deployment
  const { store } = deployment.context
  const decide = decider({
    roles: environment.roles,
    readOnly: environment.read_only,
    version: environment.policyVersion,
  })
  const rateOf = rates(decide)
  const bound = binder({ specs: server.ports, ports: backend.ports, handles: keys.handles, decide })
  const handler = handleCall(bound, { access: accessFor(server, environment, decide, rateOf) })
  const desk: ApprovalDesk = {
    store,
    environment: environment.environment,
    server: server.name,
    onEvent: recordApproval(trail),
    rolesOf: approverRoles(environment),
  }
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
    mayReplay: replayRule(server, decide),
    settled: recordSettled(trail),
    leaseMs: Math.max(leaseMsMin, 4 * environment.limits.deadlineMs),
    report: (error) => log.error({ err: error }, 'open writes could not be looked at'),
    ...trial,
  }
  const layers: Layers = {
    audit: audit(trail, {
      toReply: (error, call) => toReply(error, call.requestId),
      onUnrecorded: (error, call) => logUnrecorded(log, metrics, error, call),
    }),
    telemetry: telemetry(log, metrics),
    authorize: authorize(decide),
    limits: [
      rateLimit({ principal: environment.limits.principal, rateOf, store }),
      concurrency(environment.limits.concurrencyMax),
      payloadLimit(environment.limits.inputBytesMax),
    ],
    validate,
    idempotency: idempotency(writes),
    approve: approval(server, environment, desk, bound),
    ...shell,
  }
  const approvals = approvalTargets(desk)
  const ofDesk = new Set(Object.values(approvals))
  const calls = pipeline(layers, handler)
  const decisions = approvalPipeline({ ...layers, authorize: approver(environment) }, async (call) =>
    successReply(await call.target.run(call, undefined)),
  )
  return {
    // By the target itself: no name that a caller sends leads to the desk.
    handler: (call) => (ofDesk.has(call.target) ? decisions : calls)(call),
    refuse: refusals(layers),
    decide,
    desk,
    approvals,
    stop: background(startCompleter(writes), desk, (error) =>
      log.error({ err: error }, 'old approvals were not swept'),
    ),
  }
}

function accessFor(
  server: ServerDefinition,
  environment: Environment,
  decide: Decide,
  rateOf: ReturnType<typeof rates>,
): (principal: Principal) => Access {
  const deployment = {
    server: server.name,
    serverVersion: server.version,
    environment: environment.environment,
    policyVersion: environment.policyVersion,
  }
  const terms: Terms = {
    rate(principal, target) {
      const rate = rateOf(principal, target)
      return rate && describeRate(rate)
    },
    approval(_principal, target) {
      const rule = target.effect === 'read' ? undefined : ruleFor(environment.approvals, target.name)
      return rule && describeRule(rule)
    },
  }
  const targets = [...server.tools, ...server.resources]
  return (principal) => access(principal, { deployment, targets, decide, terms })
}

function replayRule(server: ServerDefinition, decide: Decide): CompleterOptions['mayReplay'] {
  const ports = server.ports as Readonly<Record<string, { maskable: readonly string[]; own?: boolean }>>
  return (call, stored) => {
    const decision = decide(call.principal, call.target)
    return mayReplay(call.principal, decision.allowed ? decision.grants : [], stored, ports[stored.record?.port ?? ''])
  }
}

function approval(
  server: ServerDefinition,
  environment: Environment,
  desk: ApprovalDesk,
  bound: Binder<object>,
): Middleware {
  const facts = server.approvalFacts
  return approve({
    ...desk,
    rules: environment.approvals,
    ...(facts && { subject: approvalSubject(facts, environment.limits.deadlineMs, bound) }),
  })
}

/** The roles that the file defines and that are active for the approver, each over its rows. */
function approverRoles(policy: Pick<Policy, 'roles'>): NonNullable<ApprovalDesk['rolesOf']> {
  return (principal) =>
    activeRoles(policy, principal).flatMap(({ name, role }) => {
      const rows = rowsOf(role.rows, principal)
      return rows === undefined ? [] : [{ name, rows }]
    })
}

function background(completer: Completer, desk: ApprovalDesk, report: (error: unknown) => void): () => Promise<void> {
  const stopped = new AbortController()
  const sweep = () => sweepApprovals(desk, { signal: stopped.signal }).catch(report)
  const timer = setInterval(() => void sweep(), sweepApprovalsMs).unref()
  return async () => {
    stopped.abort()
    clearInterval(timer)
    await completer.stop()
  }
}
