import { approvalsSection } from '@postern/approvals'
import { auditSection } from '@postern/audit'
import { identitySection } from '@postern/auth'
import { limitsSection } from '@postern/limits'
import { rolesSection, type Vocabulary } from '@postern/policy'
import { storeSection } from '@postern/store'
import { z } from 'zod'
import type { ServerDefinition } from '../server-definition.ts'
import { escalationSection, httpSection, registrySection, telemetrySection, tlsSection } from './sections.ts'

/**
 * The whole environment file of a server: one file is the whole policy of one deployment. Every package brings the
 * schema of its own section, the server that of its backend; here they only meet.
 */
export function environmentSchema(server: ServerDefinition) {
  return z.strictObject({
    environment: z
      .enum(['development', 'staging', 'production'])
      .describe('What this file is for. Tokens and credentials of another environment are refused.'),
    read_only: z.boolean().default(false).describe('True drops every write of every role.'),
    identity: identitySection,
    http: section(httpSection),
    tls: tlsSection.optional(),
    roles: rolesSection(vocabulary(server)),
    approvals: approvalsSection(server.tools.filter((tool) => tool.effect !== 'read').map((tool) => tool.name)),
    limits: section(limitsSection),
    backend: server.backend.section,
    store: storeSection,
    audit: section(auditSection),
    telemetry: section(telemetrySection),
    registry: section(registrySection),
    escalation: escalationSection.optional(),
  })
}

export type EnvironmentFile = z.infer<ReturnType<typeof environmentSchema>>

/** A section that may be left out: its defaults apply. */
function section<T extends z.ZodType>(schema: T) {
  return schema.prefault({} as never)
}

/** The names of a server that its roles may use. */
export function vocabulary(server: ServerDefinition): Vocabulary {
  return {
    tools: server.tools.map((tool) => tool.name),
    resources: server.resources.map((resource) => resource.name),
    attributes: server.attributes,
    maskable: [
      ...new Set(
        Object.values(server.ports as Record<string, { maskable: readonly string[] }>).flatMap((port) => port.maskable),
      ),
    ],
  }
}
