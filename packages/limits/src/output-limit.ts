import { ToolError } from '@postern/errors'
import type { Middleware } from '@postern/tool'
import { bytesPerToken } from './parse-tokens.ts'

/**
 * Limits the answer, so that one call cannot fill a model's context. The innermost layer: what is too large is refused
 * before it is stored, audited or sent.
 *
 * @param outputBytesMax of the JSON text, for targets that set no size of their own
 * @throws ToolError VALIDATION_ERROR/result_too_large
 */
export function outputLimit(outputBytesMax: number): Middleware {
  return async function outputLimit(call, next) {
    const reply = await next(call)
    const bytesMax = call.target.limits.outputBytesMax ?? outputBytesMax
    const bytes = Buffer.byteLength(reply.text)
    if (bytes <= bytesMax) return reply
    const tokensMax = Math.floor(bytesMax / bytesPerToken)
    throw new ToolError(
      'VALIDATION_ERROR',
      'result_too_large',
      `The answer of ${call.target.name} would be ${bytes} bytes; at most ${bytesMax} (about ${tokensMax} tokens) are sent.`,
    )
  }
}
