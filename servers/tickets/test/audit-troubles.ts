import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Postgres } from '@postern/testing'
import { pausePostgres } from './paused-postgres.ts'
import { smallDisk } from './small-disk.ts'

/** What keeps the trail from being written, for as long as it lasts. */
export interface Trouble {
  /** To the environment file. */
  readonly changes: Readonly<Record<string, unknown>>
  /** What the server is started with, where that is not the Node.js of the test. */
  readonly node?: string
  begin(): Promise<void> | void
  end(): Promise<void> | void
  /** Removes what was made for it. */
  remove?(): Promise<void>
}

/** The trail alone is on a disk that is full; the store is well. */
export async function fullDisk(place: string): Promise<Trouble> {
  const disk = await smallDisk(place)
  return {
    changes: { 'audit.directory': join(disk.path, 'audit') },
    node: disk.node,
    begin: disk.fill,
    end: disk.free,
    remove: disk.remove,
  }
}

export async function killedPostgres(place: string, postgres: Postgres): Promise<Trouble> {
  return { changes: await onPostgres(place, postgres), begin: postgres.kill, end: postgres.restart }
}

export async function hangingPostgres(place: string, postgres: Postgres): Promise<Trouble> {
  let goOn = async () => {}
  return {
    // Shorter than usual: nobody answers the first calls before these are over.
    changes: {
      ...(await onPostgres(place, postgres)),
      'store.pool': { connect_timeout_ms: 1_000, statement_timeout_ms: 2_000 },
      'limits.deadline': '2s',
    },
    begin() {
      goOn = pausePostgres(postgres)
    },
    end: () => goOn(),
  }
}

let databases = 0

/** Store and trail in one database of their own. */
async function onPostgres(place: string, postgres: Postgres): Promise<Trouble['changes']> {
  databases += 1
  const url = join(place, 'database-url')
  writeFileSync(url, await postgres.createDatabase(`audit_down_${databases}`), { mode: 0o600 })
  return { store: { kind: 'postgres', url: `file:${url}`, tls: 'off' }, 'audit.sink': 'postgres' }
}
