import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore, storeSection } from '@postern/store'
import type { HttpServer, ServerProcess, Written } from '@postern/testing'

/** Every file of the audit trail below a data directory: segments, checkpoints, keys. */
export function auditFiles(data: string): Written[] {
  return readdirSync(join(data, 'development', 'audit'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ place: file, text: readFileSync(file, 'utf8') }))
}

export function logOf(place: string, { stderr }: Pick<ServerProcess, 'stderr'>): Written {
  return { place: `log of ${place}`, text: stderr.text }
}

/** Everything that the operations listener tells. */
export function operationsOf(http: HttpServer): Promise<Written[]> {
  return Promise.all(
    ['/metrics', '/healthz', '/readyz'].map(async (path) => ({
      place: path,
      text: await (await fetch(new URL(path, http.operations))).text(),
    })),
  )
}

interface AuditTables {
  postern_audit_record: { line: string }
  postern_audit_checkpoint: { line: string }
}

/** The rows of the sink in PostgreSQL, one line each. */
export async function auditRows(url: string, data: string): Promise<Record<keyof AuditTables, string[]>> {
  const store = await openStore({
    config: storeSection.parse({ kind: 'postgres', url: 'env:UNUSED', tls: 'off' }),
    url: async () => url,
    server: 'tickets',
    environment: 'development',
    dataDirectory: data,
    migrations: [],
  })
  const linesIn = async (table: keyof AuditTables) =>
    (await store.query<AuditTables>().selectFrom(table).select('line').execute()).map(({ line }) => line)
  try {
    return {
      postern_audit_record: await linesIn('postern_audit_record'),
      postern_audit_checkpoint: await linesIn('postern_audit_checkpoint'),
    }
  } finally {
    await store.close()
  }
}
