import { isAbsolute, join } from 'node:path'
import type { AuditSection } from './audit-section.ts'

/** Where the file sink of an environment keeps its records: one directory for all its servers. */
export function auditDirectory(
  section: Pick<AuditSection, 'directory'>,
  place: { readonly dataDirectory: string; readonly environment: string },
): string {
  if (section.directory === undefined) return join(place.dataDirectory, place.environment, 'audit')
  return isAbsolute(section.directory) ? section.directory : join(place.dataDirectory, section.directory)
}
