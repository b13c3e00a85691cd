import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { ToolError } from '@postern/errors'
import { canonical, type Principal, principalId } from '@postern/tool'

/** A cursor outlives a coffee break and not much more. */
const ttlMs = 24 * 60 * 60 * 1000
const handleCharsMax = 2048

/**
 * Makes and reads cursors: opaque, and bound to the caller and to the very query they belong to (MCP 2026-07-28
 * `server/tools`: a handle is not a capability). Swapped, altered or expired, they are refused alike.
 *
 * AES-256-GCM; caller and query are the authenticated data, so nothing about them is in the cursor itself.
 */
export interface Handles {
  seal(position: string, principal: Principal, query: unknown): string
  /** @throws ToolError VALIDATION_ERROR/cursor */
  open(handle: string, principal: Principal, query: unknown): string
}

/**
 * @param key 32 bytes, the same in every process of the server (`store.secret`)
 * @param now milliseconds since the epoch
 */
export function handles(key: Buffer, now: () => number = Date.now): Handles {
  return {
    seal(position, principal, query) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(binding(principal, query))
      const body = Buffer.concat([cipher.update(JSON.stringify([now() + ttlMs, position])), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
    },
    open(handle, principal, query) {
      const [expires, position] = decrypt(key, handle, binding(principal, query))
      if (expires < now()) throw refused()
      return position
    },
  }
}

function decrypt(key: Buffer, handle: string, aad: Buffer): readonly [number, string] {
  const bytes = Buffer.from(handle, 'base64url')
  // The round trip refuses the many spellings base64 has for the same bytes.
  if (handle.length > handleCharsMax || bytes.length < 29 || bytes.toString('base64url') !== handle) throw refused()
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
    decipher.setAAD(aad).setAuthTag(bytes.subarray(12, 28))
    const text = decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8')
    return JSON.parse(text) as [number, string]
  } catch (cause) {
    throw refused(cause)
  }
}

function binding(principal: Principal, query: unknown): Buffer {
  return createHash('sha256')
    .update(canonical([principalId(principal), principal.tenant, query]))
    .digest()
}

function refused(cause?: unknown): ToolError {
  return new ToolError('VALIDATION_ERROR', 'cursor', 'This cursor is not valid for this caller and this query.', {
    issues: [{ path: 'cursor', rule: 'cursor', expected: 'the next_cursor of the same query, at most 24 hours old' }],
    cause,
  })
}
