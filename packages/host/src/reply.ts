import { ToolError, toEnvelope } from '@postern/errors'
import type { Reply } from '@postern/tool'

/** An error as it leaves the pipeline. The same error, request and contact always give the same bytes. */
export function errorReply(thrown: unknown, requestId: string, contact?: string): Reply {
  const envelope = toEnvelope(ToolError.from(thrown), requestId, contact)
  return {
    text: JSON.stringify(envelope),
    isError: true,
    error: envelope.error,
    meta: { 'dev.postern/error': envelope.error },
  }
}

/** A success. Serialised here, once: these bytes are hashed, stored, and sent. */
export function successReply(data: Readonly<Record<string, unknown>>): Reply {
  return { text: JSON.stringify(data), isError: false, data }
}
