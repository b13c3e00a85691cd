import { createHash } from 'node:crypto'
import { type Call, digest } from '@postern/tool'

/** Where a key holds: the same key of another caller, tool, server or environment is another key (rule I2). */
export interface KeySpace {
  readonly environment: string
  readonly server: string
}

/** The one row a call claims. A hash, so that the store keeps no keys and nothing can be guessed from it. */
export function keyHash({ environment, server }: KeySpace, call: Call, key: string): string {
  const { tenant, issuer, subject } = call.principal
  return digest([environment, tenant, issuer, subject, server, call.target.name, key])
}

/** What the key stands for: the arguments without the key itself, under one major version of the contract (rule I3). */
export function fingerprint(call: Call): string {
  return digest([argumentsOf(call), call.target.version.split('.')[0]])
}

/** The validated input of a write without its key. */
export function argumentsOf(call: Call): Readonly<Record<string, unknown>> {
  const { idempotency_key: _, ...rest } = call.input as Record<string, unknown>
  return rest
}

/** What a vendor gets to see: the same in every recovery of this claim, and nothing of the model's key. */
export function effectKey(claimId: string): string {
  return createHash('sha256').update(`postern effect ${claimId}`).digest('hex')
}
