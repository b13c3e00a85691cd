import { ToolError } from '@postern/errors'
import type { Principal } from './principal.ts'

/**
 * The same principal, acting for one of its purposes only. A client may narrow its purpose, never widen it: a principal
 * without purposes has none to choose from.
 *
 * @throws ToolError PERMISSION_DENIED `purpose`
 */
export function narrowPurpose(principal: Principal, purpose: string): Principal {
  if (!principal.purposes.includes(purpose))
    throw new ToolError('PERMISSION_DENIED', 'purpose', 'You asked to act for a purpose that is not yours.', {
      nextStep: 'Leave the purpose out, or call whoami and name one of your purposes.',
    })
  return Object.freeze({ ...principal, purposes: Object.freeze([purpose]) })
}
