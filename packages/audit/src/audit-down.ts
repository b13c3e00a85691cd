import { ToolError } from '@postern/errors'

/** Nothing may happen, and nothing may be answered, that cannot be recorded. `what` is for operators only. */
export function auditDown(what: string, cause?: unknown): ToolError {
  return new ToolError(
    'UPSTREAM_UNAVAILABLE',
    'audit_down',
    'This call cannot be recorded right now, so it was refused.',
    {
      cause: new Error(what, { cause }),
    },
  )
}
