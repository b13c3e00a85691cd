import { hash } from 'node:crypto'
import type { Store } from '@postern/store'
import type { CheckpointPlace } from './checkpointer.ts'
import type { AuditSchema } from './migrations.ts'
import type { NewestLine } from './signed-head.ts'
import type { CheckpointCopy } from './trail.ts'

const name = 'PostgreSQL table postern_audit_checkpoint'

/** Checkpoints as rows. The writer needs to insert only; without more rights it cannot take back what it has signed. */
export function checkpointTable(store: Store, writer: () => string): CheckpointPlace {
  const db = store.query<AuditSchema>()
  return {
    name,
    async publish(id, pem) {
      await db
        .insertInto('postern_audit_key')
        .values({ id, pem })
        .onConflict((on) => on.doNothing())
        .execute()
    },
    async append(line, time) {
      await db
        .insertInto('postern_audit_checkpoint')
        .values({ id: hash('sha256', line), writer: writer(), at: Date.parse(time), line })
        .onConflict((on) => on.doNothing())
        .execute()
    },
  }
}

/** The newest checkpoint of one writer in PostgreSQL. */
export function newestInTable(store: Store): NewestLine {
  return async (writer) => {
    const row = await store
      .query<AuditSchema>()
      .selectFrom('postern_audit_checkpoint')
      .select('line')
      .where('writer', '=', writer)
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row?.line
  }
}

/** The checkpoints in PostgreSQL, to verify against. `kind`: where the records lie. */
export async function readCheckpointTable(store: Store, kind: CheckpointCopy['kind']): Promise<CheckpointCopy> {
  const db = store.query<AuditSchema>()
  const keys = await db.selectFrom('postern_audit_key').select('pem').execute()
  const lines: string[] = []
  for (let at = -1, id = ''; ; ) {
    const rows = await db
      .selectFrom('postern_audit_checkpoint')
      .select(['id', 'at', 'line'])
      .where((is) => is.or([is('at', '>', at), is.and([is('at', '=', at), is('id', '>', id)])]))
      .orderBy('at')
      .orderBy('id')
      .limit(pageRows)
      .execute()
    lines.push(...rows.map(({ line }) => line))
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageRows)
      return { name, lines, publicKeys: keys.map(({ pem }) => pem), kind, writable: 'unknown' }
    at = last.at
    id = last.id
  }
}

const pageRows = 1_000
