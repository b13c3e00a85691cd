import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { AuditFault } from './audit-fault.ts'

/** HMAC-SHA-256 under one key. */
export interface KeyedHash {
  /** Names the key in records: 16 hex digits derived from it, from which it cannot be had. */
  readonly id: string
  /** HMAC of the UTF-8 bytes of `text`, base64url. */
  of(text: string): string
}

const block = 64
const scratchBytes = 1 << 16

/**
 * HMAC (RFC 2104) by two one-shot hashes over prepared pads: a `createHmac` object per call costs several times as
 * much.
 *
 * @throws Error when the key is shorter than 32 bytes: what it hides could then be guessed.
 */
export function keyedHash(key: Uint8Array): KeyedHash {
  if (key.byteLength < 32) throw new AuditFault('an audit HMAC key needs at least 32 bytes')
  const padded = Buffer.alloc(block)
  padded.set(key.byteLength > block ? hash('sha256', key, 'buffer') : key)
  const inner = Buffer.alloc(scratchBytes)
  const outer = Buffer.alloc(block + 32)
  for (let i = 0; i < block; i++) {
    inner[i] = (padded[i] ?? 0) ^ 0x36
    outer[i] = (padded[i] ?? 0) ^ 0x5c
  }
  const ipad = Buffer.from(inner.subarray(0, block))

  return {
    id: hash('sha256', Buffer.concat([Buffer.from('postern audit key id\n'), key])).slice(0, 16),
    of(text) {
      // A UTF-16 unit becomes at most three bytes of UTF-8.
      const fits = text.length * 3 <= scratchBytes - block
      const message = fits
        ? inner.subarray(0, block + inner.write(text, block))
        : Buffer.concat([ipad, Buffer.from(text)])
      outer.set(hash('sha256', message, 'buffer'), block)
      return hash('sha256', outer, 'base64url')
    },
  }
}
