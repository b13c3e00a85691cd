import { approvalsMigrations } from '@postern/approvals'
import { auditMigrations } from '@postern/audit'
import { credentialsMigrations } from '@postern/credentials'
import { idempotencyMigrations } from '@postern/idempotency'
import { limitsMigrations } from '@postern/limits'
import type { Migration } from '@postern/store'
import type { ServerDefinition } from './server-definition.ts'

/** Every table a server keeps: those of the layers and those of its backends. */
export function migrations(server: ServerDefinition): readonly Migration[] {
  return [
    ...idempotencyMigrations,
    ...approvalsMigrations,
    ...limitsMigrations,
    ...credentialsMigrations,
    ...auditMigrations,
    ...server.backend.migrations,
  ]
}
