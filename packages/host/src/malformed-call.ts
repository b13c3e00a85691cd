/**
 * Whether a message asks for a tool or a resource in a form that the protocol refuses before any of our handlers runs.
 * Such a refusal would leave no trace; transports look at each message with this and have it recorded.
 */
export function malformedCall(message: unknown): boolean {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: unknown }
  if (method !== 'tools/call' && method !== 'resources/read') return false
  if (!isObject(params)) return true
  if (method === 'resources/read') return typeof params['uri'] !== 'string'
  const { name, arguments: input } = params as { name?: unknown; arguments?: unknown }
  return typeof name !== 'string' || !(input === undefined || isObject(input))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
