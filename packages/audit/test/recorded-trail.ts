import { auditDirectory } from '../src/audit-directory.ts'
import { type AuditLog, type AuditLogOptions, openAudit } from '../src/audit-log.ts'
import { auditSection } from '../src/audit-section.ts'
import { sampleCalls } from './sample-entries.ts'

export interface TrailOptions extends Partial<Omit<AuditLogOptions, 'section' | 'dataDirectory'>> {
  readonly section?: Readonly<Record<string, unknown>>
}

export const server = 'tickets'
export const environment = 'development'

/** The log of one process, in a data directory. */
export function logIn(dataDirectory: string, { section = {}, ...options }: TrailOptions = {}): Promise<AuditLog> {
  return openAudit({
    section: auditSection.parse(section),
    environment,
    server,
    policy: 'policy-1',
    dataDirectory,
    ...options,
  })
}

export function directoryIn(dataDirectory: string): string {
  return auditDirectory({ directory: undefined }, { dataDirectory, environment })
}

/** Records so many calls, `inFlight` at a time. */
export async function recordCalls(log: AuditLog, calls: number, seed: number, inFlight = 16): Promise<void> {
  const next = sampleCalls(log, seed)
  let left = calls
  const lane = async () => {
    while (left-- > 0)
      for (const { entry, durable } of next().entries) await log.append(entry, durable ? 'durable' : 'kernel')
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}
