import { approvalsMigrations } from '@postern/approvals'
import { limitsMigrations } from '@postern/limits'
import type { Migration } from '@postern/store'
import type { ServerDefinition } from './server-definition.ts'

/** Every table a server keeps: those of the layers and those of its backends. */
export function migrations(server: ServerDefinition): readonly Migration[] {
  return [...approvalsMigrations, ...limitsMigrations, ...server.backend.migrations]
}
