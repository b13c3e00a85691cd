import { DatabaseSync } from 'node:sqlite'

/** A lock held by this process until it is released or the process ends, however it ends. */
export interface FileLock {
  release(): void
}

/**
 * Takes an exclusive lock on `file` (created empty where it does not exist), or answers `undefined` when another
 * holder, in this process or in any other, has it.
 *
 * The lock is the kernel's: `kill -9` frees it, a reused process id or a restarted container cannot confuse it. Node
 * has no locks of its own, SQLite brings them for every platform. The file must not be opened by anything else of this
 * process: POSIX drops a process's locks when it closes any descriptor of the file.
 *
 * @throws Error when the file cannot be created or opened
 */
export function lockFile(file: string): FileLock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === busy) return undefined
    throw error
  }
  return {
    release() {
      if (database.isOpen) database.close()
    },
  }
}

/** SQLITE_BUSY */
const busy = 5
