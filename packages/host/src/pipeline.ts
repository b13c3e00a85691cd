import { compose, type Handler, type Middleware } from '@postern/tool'

/** The layers of a server, by the names they have in the architecture. A missing one is a start-up error, not a gap. */
export interface Layers {
  readonly audit: Middleware
  readonly telemetry: Middleware
  readonly authorize: Middleware
  readonly limits: readonly Middleware[]
  readonly validate: Middleware
  readonly idempotency: Middleware
  readonly approve: Middleware
  readonly deadline: Middleware
  readonly output: Middleware
}

/**
 * The policy of a call, read from top to bottom. A change of this order needs a security reviewer.
 *
 * Audit sees everything, also what every other layer refuses. Authorization comes before limits and validation, so that
 * a stranger learns nothing from either. Approval sits inside idempotency: a replay never asks again.
 */
export function pipeline(layers: Layers, handler: Handler): Handler {
  return compose(
    [
      layers.audit,
      layers.telemetry,
      layers.authorize,
      ...layers.limits,
      layers.validate,
      layers.idempotency,
      layers.approve,
      layers.deadline,
      layers.output,
    ],
    handler,
  )
}

/**
 * The way of an approver: recorded, let in, limited and validated as every call is. What is decided once, and in one
 * transaction with its audit record, needs neither idempotency nor approval.
 */
export function approvalPipeline(
  layers: Pick<Layers, 'audit' | 'telemetry' | 'authorize' | 'limits' | 'validate'>,
  handler: Handler,
): Handler {
  return compose([layers.audit, layers.telemetry, layers.authorize, ...layers.limits, layers.validate], handler)
}

/** The layers inside idempotency: what an interrupted write goes through again. Nobody is asked twice. */
export function inner(layers: Pick<Layers, 'deadline' | 'output'>, handler: Handler): Handler {
  return compose([layers.deadline, layers.output], handler)
}

/** What a caller without a valid identity meets: recorded and counted like any call, then refused. */
export function refusals(layers: Pick<Layers, 'audit' | 'telemetry'>): (refusal: unknown) => Handler {
  return (refusal) => compose([layers.audit, layers.telemetry], () => Promise.reject(refusal))
}
