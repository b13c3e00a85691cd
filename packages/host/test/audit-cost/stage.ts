import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environmentWith, startPostgres } from '@postern/testing'
import type { EngineName } from '../writes/cases.ts'
import { entriesSubject } from '../writes/entries-subject.ts'
import { openPipelines, type Pipelines } from './open-pipelines.ts'

/** On the disk of the checkout: a directory for temporary files may be in memory, where a sync costs nothing. */
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/postern/', import.meta.url))

/** Both pipelines of a server on one engine, which holds store and trail. */
export interface CostStage {
  readonly pipelines: Pipelines
  /** Where the server keeps its files. */
  readonly data: string
  /** Where store and trail are. */
  readonly disk: string
  close(): Promise<void>
}

export async function openCostStage(engine: EngineName): Promise<CostStage> {
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, 'prove-audit-cost-'))
  const data = join(directory, 'data')
  mkdirSync(data, { mode: 0o700 })
  const postgres = engine === 'postgres' ? await startPostgres({ fsync: true }) : undefined
  const close = async () => {
    await postgres?.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const pipelines = await openPipelines(environmentIn(directory, postgres?.url), data)
    return {
      pipelines,
      data,
      disk: postgres?.home ?? data,
      async close() {
        try {
          await pipelines.deployment.close()
        } finally {
          await close()
        }
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

function environmentIn(directory: string, url: string | undefined): string {
  const secret = join(directory, 'database-url')
  if (url !== undefined) writeFileSync(secret, url, { mode: 0o600 })
  const places =
    url === undefined
      ? { store: { kind: 'sqlite' }, audit: { sink: 'file' } }
      : { store: { kind: 'postgres', url: `file:${secret}`, tls: 'off' }, audit: { sink: 'postgres' } }
  // One caller makes all the calls.
  const changes = { 'limits.principal': '9999999/s', ...places }
  return environmentWith(entriesSubject.environmentFile, changes, join(directory, 'environment.yaml'))
}
