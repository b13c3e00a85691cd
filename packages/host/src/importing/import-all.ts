import { isUniqueViolation } from '@postern/store'
import type { Transaction } from '@postern/tool'
import { StartError } from '../environment/start-error.ts'
import type { ImportOptions, ImportReport, ImportRow, StoreContext } from '../server-definition.ts'
import type { ImportFault } from './columns.ts'

const faultsListedMax = 100
const linesPerProgress = 100

/** One pass over a file, in an open transaction. After the first fault it need not write, only find the others. */
export interface ImportPass {
  take(row: ImportRow): Promise<void>
  /** After the last line. */
  finish(): Promise<void>
}

/** Where a pass reports what is wrong. */
export interface Rejected {
  add(fault: ImportFault): void
  readonly total: number
}

/**
 * Loads the lines of a file into the server's own store, all or none: everything happens in one transaction, and one
 * rejected line undoes it.
 */
export async function importAll(
  rows: AsyncIterable<ImportRow>,
  { store, signal, onProgress }: Pick<StoreContext & ImportOptions, 'store' | 'signal' | 'onProgress'>,
  pass: (transaction: Transaction, rejected: Rejected) => ImportPass,
): Promise<ImportReport> {
  const { transaction, commit, rollback } = await store.begin()
  try {
    const faults = new Faults()
    const run = pass(transaction, faults)
    let read = 0
    for await (const row of rows) {
      signal.throwIfAborted()
      await run.take(row)
      read += 1
      if (read % linesPerProgress === 0) onProgress(read)
    }
    await run.finish()
    if (read === 0) faults.add({ line: 1, column: '', problem: 'the file has no rows' })
    onProgress(read)
    if (faults.total > 0) await rollback()
    else await commit()
    return { imported: faults.total > 0 ? 0 : read, rejected: faults.listed, rejectedTotal: faults.total }
  } catch (error) {
    await rollback()
    if (!isUniqueViolation(error)) throw error
    throw new StartError(
      'Somebody made a record with an id of this file at the same time. Nothing was imported. Run it again.',
    )
  }
}

class Faults implements Rejected {
  total = 0
  readonly listed: ImportFault[] = []

  add(fault: ImportFault): void {
    this.total += 1
    if (this.listed.length < faultsListedMax) this.listed.push(fault)
  }
}
