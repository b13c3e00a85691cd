import { ToolError } from '@postern/errors'
import type { Principal } from '@postern/tool'

/**
 * The same principal, acting for one of its purposes only. A client may narrow its purpose, never widen it: a principal
 * without purposes has none to choose from.
 *
 * @throws ToolError PERMISSION_DENIED `purpose`
 */
export function narrowPurpose(principal: Principal, purpose: string): Principal {
  if (!principal.purposes.includes(purpose))
    throw new ToolError('PERMISSION_DENIED', 'purpose', 'You may not act for the purpose this client asked for.')
  return Object.freeze({ ...principal, purposes: Object.freeze([purpose]) })
}
