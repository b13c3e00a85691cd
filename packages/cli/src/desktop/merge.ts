import { existsSync } from 'node:fs'
import { CliError } from '../cli-error.ts'
import type { DesktopEntry } from './entries.ts'
import { JsonFault, type JsonNode, parseJsonText } from './json-text.ts'
import { setMember } from './set-member.ts'

export interface Merged {
  readonly text: string
  readonly added: readonly string[]
  readonly changed: readonly string[]
}

/**
 * Puts our entries under `mcpServers` of a configuration and keeps everything else as it is. Of an entry that is there
 * already, what a person has set (further variables, an environment file that exists) stays.
 *
 * @param text the file; empty when there is none yet
 * @throws CliError when the text is not JSON of the expected form, with line and column; then nothing must be written
 */
export function merge(file: string, text: string, entries: Readonly<Record<string, DesktopEntry>>): Merged {
  // A byte order mark, as some Windows editors write it, is not JSON, and not a fault of the person either.
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : ''
  const added: string[] = []
  const changed: string[] = []
  let body = text.slice(mark.length)
  if (body.trim() === '') body = '{}\n'
  if (serversIn(file, body) === undefined) body = setMember(body, rootOf(file, body), 'mcpServers', {})
  for (const [name, entry] of Object.entries(entries)) {
    const servers = serversIn(file, body) as JsonNode
    const present = servers.members?.find((member) => member.key === name)
    const before = present && (JSON.parse(body.slice(present.value.start, present.value.end)) as unknown)
    const after = combine(before, entry)
    if (JSON.stringify(before) === JSON.stringify(after)) continue
    body = setMember(body, servers, name, after)
    ;(present ? changed : added).push(name)
  }
  return { text: mark + body, added, changed }
}

/** The whole file, parsed; it must hold an object. */
function rootOf(file: string, text: string): JsonNode {
  const root = parse(file, text)
  if (root.kind !== 'object') throw refusal(file, 'it does not hold a JSON object')
  return root
}

function serversIn(file: string, text: string): JsonNode | undefined {
  const servers = rootOf(file, text).members?.find((member) => member.key === 'mcpServers')?.value
  if (servers !== undefined && servers.kind !== 'object') throw refusal(file, 'its "mcpServers" is not an object')
  return servers
}

function parse(file: string, text: string): JsonNode {
  try {
    return parseJsonText(text)
  } catch (error) {
    if (error instanceof JsonFault) throw refusal(file, `it is not valid JSON at ${error.message}`)
    throw error
  }
}

function refusal(file: string, problem: string): CliError {
  return new CliError([
    `${file} was left as it is, because ${problem}.`,
    'Correct the file by hand, then run this again.',
  ])
}

function combine(before: unknown, entry: DesktopEntry): unknown {
  if (!isObject(before)) return entry
  const env = isObject(before['env']) ? before['env'] : {}
  const chosen = env['POSTERN_ENVIRONMENT']
  const keeps = typeof chosen === 'string' && existsSync(chosen)
  return { ...before, ...entry, env: { ...entry.env, ...env, ...(!keeps && entry.env) } }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
