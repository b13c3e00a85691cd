import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files below a directory that hold a text, as it is: logs, records, databases and their journals. */
export function filesHolding(directory: string, text: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => contentOf(file).includes(text))
}

/** Nothing when it is gone: a running process writes beside a file and renames. */
function contentOf(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
