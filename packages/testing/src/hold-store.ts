import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Takes the write lock of an embedded store, as another process in the middle of a transaction would. Writes of the
 * server wait until `release`, at most for its lock wait; reads go on.
 */
export function holdStore(data: string, server: string, environment = 'development'): { release(): void } {
  const database = new DatabaseSync(join(data, environment, `${server}.db`), { timeout: 5000 })
  database.exec('begin immediate')
  return {
    release() {
      if (!database.isOpen) return
      database.exec('rollback')
      database.close()
    },
  }
}
