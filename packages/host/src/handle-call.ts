import { ToolError } from '@postern/errors'
import type { Access } from '@postern/policy'
import { type BoundPorts, bind, type Decide, type Handles, type PortSpec } from '@postern/policy'
import type { Call, Handler, Principal } from '@postern/tool'
import { successReply } from './reply.ts'

/** Puts the ports of a backend under the caller of one call. */
export type Binder<Ports> = (call: Call) => BoundPorts<Ports>

export function binder<Ports extends object>(options: {
  specs: { readonly [P in keyof Ports]: PortSpec<Ports[P], never> }
  ports: Ports
  handles: Handles
  decide: Decide
}): Binder<Ports> {
  return (call) => bind(options.specs, options.ports, { ...scopeOf(call, options.decide), handles: options.handles })
}

/**
 * The inner end of the pipeline: binds the ports to the caller, runs the handler, checks what it returns against the
 * advertised output and sends the parsed value, never the raw object.
 */
export function handleCall<Ports extends object>(
  bound: Binder<Ports>,
  { access }: { access: (principal: Principal) => Access },
): Handler {
  return async function handleCall(call) {
    const ports = { ...bound(call), access: access(call.principal) }
    const data = await call.target.run(call, ports)
    const checked = call.target.output.safeParse(data)
    if (!checked.success)
      throw new ToolError('INTERNAL', 'output_contract', `The answer of ${call.target.name} broke its own contract.`, {
        cause: checked.error,
      })
    const output = checked.data as Record<string, unknown>
    const suspicious = suspiciousFields(output)
    if (suspicious.length > 0) call.notes.suspicious = suspicious
    return successReply(output)
  }
}

function scopeOf(call: Call, decide: Decide) {
  const decision = decide(call.principal, call.target)
  // `authorize` has let this call in; grants can only be absent if the layers are out of order.
  if (!decision.allowed) throw new Error(`${call.target.name} reached its handler without a grant`)
  return { principal: call.principal, grants: decision.grants, notes: call.notes }
}

/** The names in every `suspicious` of a result, for the audit record. */
function suspiciousFields(value: unknown, found: string[] = []): string[] {
  if (Array.isArray(value)) for (const item of value) suspiciousFields(item, found)
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value))
      if (key === 'suspicious' && Array.isArray(inner))
        found.push(...inner.filter((name) => typeof name === 'string' && !found.includes(name)))
      else suspiciousFields(inner, found)
  return found
}
