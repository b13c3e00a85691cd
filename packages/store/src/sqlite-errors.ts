import { LockTimeout, outcomeUnknown, StoreFault, storeDown, storeLocked, UniqueViolation } from './store-fault.ts'

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const code = { busy: 5, locked: 6, readOnly: 8, io: 10, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 } as const
/** Extended result codes: primary key, unique, row id. */
const unique = new Set([1555, 2067, 2579])

function sqliteCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined
}

export function isBusy(error: unknown): boolean {
  const primary = (sqliteCode(error) ?? 0) & 0xff
  return primary === code.busy || primary === code.locked
}

export function isReadOnly(error: unknown): boolean {
  return ((sqliteCode(error) ?? 0) & 0xff) === code.readOnly
}

/** What leaves the store instead of a driver's error. `committing`: a failed write may still have reached the disk. */
export function sqliteError(error: unknown, file: string, committing = false): unknown {
  const extended = sqliteCode(error)
  if (extended === undefined) return error
  if (unique.has(extended)) return new UniqueViolation('a row with this key exists', { cause: error })
  const primary = extended & 0xff
  if (primary === code.busy || primary === code.locked) return storeLocked(lockTimeout(file, error))
  const sentence = sentences[primary]
  if (sentence === undefined) return error
  const fault = new StoreFault(sentence(file), { cause: error })
  return committing && primary === code.io ? outcomeUnknown(fault) : storeDown(fault)
}

export function lockTimeout(file: string, cause?: unknown): LockTimeout {
  return new LockTimeout(
    `${file} stayed locked by another writer. Look for a process that keeps a transaction open on it.`,
    { cause },
  )
}

const sentences: Readonly<Record<number, (file: string) => string>> = {
  [code.readOnly]: (file) => `${file} cannot be written. Check the owner and mode of the file and its directory.`,
  [code.io]: (file) => `Reading or writing ${file} failed. Check the disk and its file system.`,
  [code.corrupt]: (file) => `${file} is damaged. Restore it from a backup.`,
  [code.full]: (file) => `The disk that holds ${file} is full. Free some space; nothing was lost.`,
  [code.cantOpen]: (file) => `${file} cannot be opened. Check the owner and mode of the file and its directory.`,
  [code.notADatabase]: (file) =>
    `${file} is not a SQLite database. Restore it from a backup, or move it away to start with an empty one.`,
}
