import { readFileSync, writeFileSync } from 'node:fs'
import { parseDocument } from 'yaml'

/**
 * Writes a copy of an environment file with some values replaced, such as `{ 'http.drain_delay_ms': 300 }`.
 * Undefined removes a key.
 */
export function environmentWith(file: string, changes: Readonly<Record<string, unknown>>, to: string): string {
  const document = parseDocument(readFileSync(file, 'utf8'))
  for (const [path, value] of Object.entries(changes))
    if (value === undefined) document.deleteIn(path.split('.'))
    else document.setIn(path.split('.'), document.createNode(value))
  writeFileSync(to, document.toString())
  return to
}
