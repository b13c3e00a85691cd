import { type ErrorEnvelope, ToolError } from '@postern/errors'
import type { Call, Reply } from '@postern/tool'
import type { ClaimRow } from './claim-table.ts'
import { occurs, without } from './fields.ts'
import type { StoredWrite, WriteOptions } from './options.ts'

/**
 * The stored answer of a finished write: byte for byte what was sent first, and marked. Nothing is sent upstream.
 *
 * Authorization of the target was checked before this; here it is the record's turn. Out of the caller's rows by now:
 * NOT_FOUND. A field masked since: dropped.
 */
export function replay(options: Pick<WriteOptions, 'mayReplay'>, call: Call, row: ClaimRow): Reply {
  const verdict = options.mayReplay(call, storedWrite(row))
  if (verdict === 'not_found') throw hidden()
  if (row.reply === null) throw tooLarge(row)
  call.notes.write = 'replayed'
  const meta = { 'dev.postern/replayed': mark(row) }
  const stored = JSON.parse(row.reply) as Record<string, unknown>
  if (row.code !== null) {
    const { error } = stored as unknown as ErrorEnvelope
    return { text: row.reply, isError: true, error, meta: { 'dev.postern/error': error, ...meta } }
  }
  const hiddenFields = verdict === 'ok' ? [] : verdict.dropFields.filter((field) => occurs(field, stored))
  if (hiddenFields.length === 0) return { text: row.reply, isError: false, data: stored, meta }
  return { ...narrowed(call, stored, hiddenFields), meta }
}

/** What is known of a finished write, for whoever decides about its replay. */
export function storedWrite(row: ClaimRow): StoredWrite {
  return {
    id: row.id,
    tool: row.tool,
    version: row.version,
    requestId: row.request_id,
    isError: row.code !== null,
    ...(row.record !== null && { record: JSON.parse(row.record) }),
    masked: row.masked === null ? [] : JSON.parse(row.masked),
  }
}

function mark(row: ClaimRow) {
  return {
    request_id: row.request_id,
    at: new Date(row.created_at).toISOString(),
    ...(row.expires_at !== null && { expires_at: new Date(row.expires_at).toISOString() }),
  }
}

const reserved: ReadonlySet<string> = new Set(['status', 'masked', 'truncated', 'next_cursor', 'count'])

/** Drops fields wherever they stand below the noun, and names them in `masked` where the tool's output has that. */
function narrowed(call: Call, data: Record<string, unknown>, fields: readonly string[]): Reply {
  const rest = Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, reserved.has(name) ? value : without(fields, value)]),
  )
  const before = Array.isArray(data['masked']) ? (data['masked'] as string[]) : []
  const named = { ...rest, masked: [...new Set([...before, ...fields])] }
  for (const candidate of [named, rest])
    if (call.target.output.safeParse(candidate).success)
      return { text: JSON.stringify(candidate), isError: false, data: candidate }
  // What is left would break the contract: better nothing than a field too many.
  throw hidden()
}

function hidden(): ToolError {
  return new ToolError('NOT_FOUND', 'absent', 'There is no such record, or you may not see it.')
}

function tooLarge(row: ClaimRow): ToolError {
  return new ToolError(
    'CONFLICT',
    'exists',
    `This call of ${row.tool} was done already, and its answer was too large to keep.`,
    {
      nextStep: 'Do not repeat it. Read the record it made or changed.',
      details: { replayed: mark(row), sha256: row.reply_hash },
    },
  )
}
