import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A record of the audit trail as it stands on its line. */
export type AuditLine = Readonly<Record<string, unknown>> & { readonly phase: string }

/** The whole audit trail that the processes on a data directory have written to files, in the order of each chain. */
export function auditRecords(data: string): AuditLine[] {
  return auditFiles(data).flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as AuditLine),
  )
}

function auditFiles(data: string): string[] {
  return globSync(join(data, '*', 'audit', '*', '*.jsonl'))
    .filter((file) => /\/\d{12}\.jsonl$/.test(file))
    .sort()
}
