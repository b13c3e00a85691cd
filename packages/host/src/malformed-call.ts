/**
 * Whether a message asks for a tool or a resource in a form that the protocol refuses before any of our handlers runs.
 * Such a refusal would leave no trace; transports look at each message with this and have it recorded.
 */
export function malformedCall(message: unknown): boolean {
  if (!asksForData(message)) return false
  const { method, params, id } = message as { method: string; params?: unknown; id?: unknown }
  // As a notification it would be accepted and never answered.
  if (typeof id !== 'string' && typeof id !== 'number') return true
  if (!isObject(params)) return true
  if (method === 'resources/read') return typeof params['uri'] !== 'string'
  const { name, arguments: input } = params as { name?: unknown; arguments?: unknown }
  return typeof name !== 'string' || !(input === undefined || isObject(input))
}

/** Whether a message names a method through which data could be reached. */
export function asksForData(message: unknown): boolean {
  const { method } = (message ?? {}) as { method?: unknown }
  return method === 'tools/call' || method === 'resources/read'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
