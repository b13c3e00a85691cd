import { readFile } from 'node:fs/promises'
import { AuditFault } from './audit-fault.ts'

const prefix = 'file:'

/**
 * The bytes behind a `file:<path>` reference, without a trailing line end.
 *
 * @throws Error that names the setting and the file, never the content
 */
export async function readReference(reference: string, setting: string): Promise<Buffer> {
  if (!reference.startsWith(prefix)) throw new AuditFault(`${setting} must be file:<path>`)
  const file = reference.slice(prefix.length)
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch (error) {
    throw new AuditFault(`${setting} names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 13)) end -= 1
  return bytes.subarray(0, end)
}
