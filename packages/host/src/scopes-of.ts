import { selfScope } from '@postern/policy'
import { approvalScope } from './approval-targets.ts'
import type { Environment } from './environment/load-environment.ts'
import type { ServerDefinition } from './server-definition.ts'

/** All scopes of a deployment in one list: what clients are told to ask for, and what `scopes: all` means. */
export function scopesOf(
  server: Pick<ServerDefinition, 'tools' | 'resources'>,
  environment: Pick<Environment, 'approvals'>,
): readonly string[] {
  const scopes = new Set<string>([...server.tools, ...server.resources].map((target) => target.scope))
  if (Object.keys(environment.approvals).length > 0) scopes.add(approvalScope)
  scopes.delete(selfScope)
  return [...scopes]
}
