import { randomUUID } from 'node:crypto'
import { approve } from '@postern/approvals'
import { audit } from '@postern/audit'
import { localPrincipal } from '@postern/auth'
import { idempotency } from '@postern/idempotency'
import { concurrency, deadline, outputLimit, payloadLimit, rateLimit } from '@postern/limits'
import { type Access, authorize, decider, handles } from '@postern/policy'
import type { Call, Handler, Middleware, Principal } from '@postern/tool'
import { type Deployment, openDeployment } from '../../src/deployment.ts'
import { binder, handleCall } from '../../src/handle-call.ts'
import { createLogger } from '../../src/logger.ts'
import { inner, type Layers, pipeline } from '../../src/pipeline.ts'
import { rates } from '../../src/rates.ts'
import { errorReply } from '../../src/reply.ts'
import { telemetry } from '../../src/telemetry.ts'
import { validate } from '../../src/validate.ts'
import { readableEntries as server } from './readable-entries.ts'

export interface Pipelines {
  readonly with: Handler
  readonly without: Handler
  readonly principal: Principal
  readonly deployment: Deployment
  call(tool: string, input: Readonly<Record<string, unknown>>): Call
}

/** Two pipelines of one server on one deployment, the same in everything but the audit layer. */
export async function openPipelines(environmentFile: string, dataDirectory: string): Promise<Pipelines> {
  // Lines are made as in production, and nobody reads them here.
  const log = createLogger({ server: server.name, environment: 'development', level: 'info' }, { write: () => {} })
  const deployment = await openDeployment({ server, environmentFile, dataDirectory, log })
  const { layers, handler } = await layersOf(deployment)
  const principal = callerOf(deployment)
  return {
    with: pipeline(layers, handler),
    without: pipeline({ ...layers, audit: unaudited }, handler),
    principal,
    deployment,
    call: (tool, input) => callOf(principal, tool, input),
  }
}

/** What the audit layer does beside recording: whatever happens becomes a reply. */
const unaudited: Middleware = async function unaudited(call, next) {
  try {
    return await next(call)
  } catch (thrown) {
    return errorReply(thrown, call.requestId)
  }
}

async function layersOf(deployment: Deployment): Promise<{ layers: Layers; handler: Handler }> {
  const { environment, backend, context, trail, log, metrics } = deployment
  const { store } = context
  const { limits } = environment
  const place = { store, environment: environment.environment, server: server.name }
  const decide = decider({ roles: environment.roles, readOnly: false, version: environment.policyVersion })
  const bound = binder({
    specs: server.ports,
    ports: backend.ports,
    handles: handles(await store.secret('handles', 32)),
    decide,
  })
  // Only `whoami` and `list_scopes` ask for it.
  const handler = handleCall(bound, { access: () => ({}) as Access })
  const shell = { deadline: deadline(limits.deadlineMs), output: outputLimit(limits.outputBytesMax) }
  const once = idempotency({
    ...place,
    recovery: backend.recovery,
    target: targetOf,
    resume: inner(shell, handler),
    toReply: errorReply,
    mayReplay: () => 'ok',
  })
  const layers: Layers = {
    audit: audit(trail, { toReply: (error, call) => errorReply(error, call.requestId) }),
    telemetry: telemetry(log, metrics),
    authorize: authorize(decide),
    limits: [
      rateLimit({ principal: limits.principal, rateOf: rates(decide), store }),
      concurrency(limits.concurrencyMax),
      payloadLimit(limits.inputBytesMax),
    ],
    validate,
    idempotency: once,
    approve: approve({ ...place, rules: environment.approvals }),
    ...shell,
  }
  return { layers, handler }
}

const targetOf = (name: string) => server.tools.find((tool) => tool.name === name)

function callerOf({ environment }: Deployment): Principal {
  const { local } = environment.identity
  if (local === undefined) throw new Error('the fixture names local principals')
  return localPrincipal(local, undefined, ['entries:read', 'entries:write'])
}

function callOf(principal: Principal, tool: string, input: Readonly<Record<string, unknown>>): Call {
  const target = targetOf(tool)
  if (target === undefined) throw new Error(`there is no ${tool}`)
  return {
    target,
    principal,
    input: target.effect === 'read' ? input : { ...input, idempotency_key: randomUUID() },
    requestId: randomUUID(),
    signal: new AbortController().signal,
    client: { transport: 'internal', era: 'internal' },
    notes: {},
  }
}
