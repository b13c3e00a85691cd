import { ToolError } from '@postern/errors'
import { holdsScope } from '@postern/policy'
import type { Middleware } from '@postern/tool'
import type { Environment } from './environment/load-environment.ts'

/**
 * Stands where `authorize` stands for tools: who may come to the desk at all. Which requests they see and decide there
 * depends on their active roles and the rows of each request, and is for the desk.
 *
 * @throws ToolError NOT_FOUND where the environment file has no approvals; PERMISSION_DENIED `scope_missing`, or
 *   `read_only` for a decision in a deployment that is read-only
 */
export function approver(environment: Pick<Environment, 'approvals' | 'read_only'>): Middleware {
  const asked = Object.keys(environment.approvals).length > 0
  return async function approver(call, next) {
    const { target, principal, notes } = call
    const refuse = (rule: string, error: ToolError): never => {
      notes.decision = { allowed: false, rule }
      throw error
    }
    if (!asked)
      refuse(
        'approvals',
        new ToolError('NOT_FOUND', 'absent', 'Nothing here needs approval: the environment file has no approvals.', {
          nextStep: 'Check that this is the server and the environment file you mean.',
        }),
      )
    if (!holdsScope(principal.scopes, target.scope))
      refuse(
        `scope.${target.scope}`,
        new ToolError('PERMISSION_DENIED', 'scope_missing', `Your token lacks the scope ${target.scope}.`, {
          details: { scope: target.scope },
        }),
      )
    if (environment.read_only && target.effect !== 'read')
      refuse('read_only', new ToolError('PERMISSION_DENIED', 'read_only', 'This deployment is read-only.'))
    notes.decision = { allowed: true, rule: `scope.${target.scope}` }
    return next(call)
  }
}
