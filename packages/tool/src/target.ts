import type { z } from 'zod'
import type { Call, Effect } from './call.ts'
import type { Principal } from './principal.ts'

/** What a call may cost. Absent fields fall back to the `limits` section of the environment file. */
export interface TargetLimits {
  readonly deadlineMs?: number
  readonly inputBytesMax?: number
  readonly outputBytesMax?: number
}

export type Version = `${number}.${number}.${number}`
export type Scope = `${string}:${string}`
export type EffectKind = 'read' | 'write' | 'destructive'

/** What a handler gets beside its input: ports that are already bound to the caller, and the signal to pass down. */
export interface Handling<Ports> {
  readonly principal: Principal
  readonly ports: Ports
  readonly signal: AbortSignal
}
export interface WriteHandling<Ports> extends Handling<Ports> {
  readonly effect: Effect
}

/**
 * A tool or a resource as the pipeline sees it: one shape, so that both take the same way and no layer needs to know
 * which it is. `known: false` stands for a name this server does not have; `authorize` refuses it, after audit saw it.
 */
export interface Target {
  readonly kind: 'tool' | 'resource'
  readonly known: boolean
  readonly name: string
  readonly version: Version
  readonly effect: EffectKind
  readonly scope: Scope
  readonly limits: TargetLimits
  /** Validates what the caller sent, `idempotency_key` of writes included. */
  readonly input: z.ZodType
  /** Validates what goes back, `status` included. */
  readonly output: z.ZodType
  run(call: Call, ports: unknown): Promise<Record<string, unknown>>
}

/** A name that does not exist, made a target so that it passes audit, telemetry and authorization like any other. */
export function unknownTarget(kind: Target['kind'], name: string, nothing: z.ZodType): Target {
  return {
    kind,
    known: false,
    name,
    version: '0.0.0',
    effect: 'read',
    scope: 'none:none',
    limits: {},
    input: nothing,
    output: nothing,
    run: () => Promise.reject(new Error('an unknown target has no handler')),
  }
}
