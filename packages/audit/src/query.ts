import { parseLine } from './read-line.ts'
import type { AuditRecord, Detail } from './record.ts'
import type { Trail } from './trail.ts'
import { type VerifyResult, verify } from './verify.ts'

/** What is asked for; a record has to meet all that is given. */
export interface QueryFilters {
  /** Subject of who called, or of the service that called for somebody. */
  readonly principal?: string
  readonly issuer?: string
  readonly tenant?: string
  /** Name of a tool or resource. */
  readonly tool?: string
  /** Id of a record that was read or changed. */
  readonly target?: string
  readonly credential?: string
  readonly purpose?: string
  readonly decision?: 'allowed' | 'denied'
  readonly effect?: 'read' | 'write' | 'destructive'
  readonly phase?: string
  /** Code or reason of an error. */
  readonly error?: string
  /** Keyed hash of an idempotency key, as `hashOf` gives it. */
  readonly key?: string
  /** Keyed hash of an input or output. */
  readonly hash?: string
  readonly request?: string
  /** Trace id, or a whole traceparent. */
  readonly trace?: string
  readonly approval?: string
  /** ISO 8601, included. */
  readonly since?: string
  /** ISO 8601, excluded. */
  readonly until?: string
  /** Only writes that a caller made after it had made this request, or after it had read this record. */
  readonly after?: { readonly request: string } | { readonly target: string }
}

export interface QueryOptions extends QueryFilters {
  readonly trail: Trail
  readonly publicKeys?: readonly string[]
  /** Rows that are returned at most; the answer says how many there are. Default 10,000. */
  readonly limit?: number
  readonly onProgress?: (doneBytes: number, allBytes: number) => void
  readonly signal?: AbortSignal
}

/** A record as one flat row, for tables and CSV. Absent facts are empty. */
export type Row = Readonly<Record<(typeof columns)[number], string | number>>

const columns = [
  'time',
  'phase',
  'principal',
  'actor',
  'issuer',
  'tenant',
  'purpose',
  'tool',
  'effect',
  'targets',
  'decision',
  'rule',
  'error',
  'write',
  'approval',
  'detail',
  'rows',
  'masked',
  'suspicious',
  'duration_ms',
  'credential',
  'client_id',
  'request',
  'traceparent',
  'input_hmac',
  'output_hmac',
  'key_hmac',
  'key_id',
  'chain',
  'seq',
] as const
export const rowColumns: readonly string[] = columns

export interface QueryAnswer {
  /** By time. */
  readonly rows: readonly Row[]
  /** Rows that there are, returned or not. */
  readonly total: number
  /** What the answer rests on: the verified range of each chain, and whatever is wrong with the trail. */
  readonly verified: VerifyResult
}

const limitDefault = 10_000

/**
 * Answers an access investigation. Only verified records count: what stands behind the first broken record of a chain
 * is not in the answer, and `verified` says so.
 *
 * @throws TypeError when a time cannot be read
 */
export async function query(options: QueryOptions): Promise<QueryAnswer> {
  const filters = normal(options)
  const needles = needlesOf(filters)
  const found: AuditRecord[] = []
  const marks = new Map<string, string>()
  const { after } = filters
  const mark = after === undefined ? undefined : JSON.stringify('request' in after ? after.request : after.target)

  const verified = await verify({
    trail: options.trail,
    ...(options.publicKeys && { publicKeys: options.publicKeys }),
    ...(filters.since && after === undefined && { since: filters.since }),
    ...(options.onProgress && { onProgress: options.onProgress }),
    ...(options.signal && { signal: options.signal }),
    onRecord(line) {
      if (mark !== undefined && line.includes(mark)) noteMark(marks, parseLine(line), filters)
      if (!needles.every((needle) => line.includes(needle))) return
      const record = parseLine(line)
      if (record !== undefined && matches(record, filters)) found.push(record)
    },
  })

  const last = new Map(verified.chains.map(({ chain, to }) => [chain, to]))
  const rows = found
    .filter(({ chain, seq }) => seq <= (last.get(chain) ?? 0))
    .filter((record) => after === undefined || follows(record, marks))
    .sort((a, b) => compare(a.time, b.time) || compare(a.chain, b.chain) || a.seq - b.seq)
  return { rows: rows.slice(0, options.limit ?? limitDefault).map(row), total: rows.length, verified }
}

function normal(filters: QueryFilters): QueryFilters {
  return {
    ...filters,
    ...(filters.since !== undefined && { since: instant(filters.since) }),
    ...(filters.until !== undefined && { until: instant(filters.until) }),
  }
}

function instant(text: string): string {
  const time = new Date(text)
  if (Number.isNaN(time.getTime()))
    throw new TypeError(`"${text}" is not a time; write it like 2026-01-31 or 2026-01-31T09:30:00Z`)
  return time.toISOString()
}

/** Texts that every match contains: most lines need not be parsed. */
function needlesOf(filters: QueryFilters): string[] {
  const { principal, issuer, tenant, tool, target, credential, purpose, error, key, hash, request, approval, phase } =
    filters
  const whole = [
    principal,
    issuer,
    tenant,
    tool,
    target,
    credential,
    purpose,
    error,
    key,
    hash,
    request,
    approval,
    phase,
  ]
  return [
    ...whole.flatMap((value) => (value === undefined ? [] : [JSON.stringify(value)])),
    ...(filters.trace === undefined ? [] : [filters.trace]),
    ...(filters.effect === undefined ? [] : [`"effect":"${filters.effect}"`]),
    ...(filters.after === undefined ? [] : ['"effect":']),
  ]
}

function matches(record: AuditRecord, filters: QueryFilters): boolean {
  const { principal, target, decision, write, error } = record
  const is = (wanted: string | undefined, ...values: (string | undefined)[]) =>
    wanted === undefined || values.includes(wanted)
  return (
    is(filters.principal, principal?.subject, principal?.actor) &&
    is(filters.issuer, principal?.issuer) &&
    is(filters.tenant, record.tenant) &&
    is(filters.tool, target?.name) &&
    is(filters.target, ...(record.targets ?? [])) &&
    is(filters.credential, record.credential) &&
    is(filters.purpose, ...(record.purposes ?? [])) &&
    is(filters.effect, record.effect) &&
    is(filters.phase, record.phase) &&
    is(filters.error, error?.code, error?.reason) &&
    is(filters.key, write?.key_hmac) &&
    is(filters.hash, record.input?.hmac, record.output?.hmac, write?.key_hmac) &&
    is(filters.request, record.request) &&
    is(filters.trace, record.traceparent, record.traceparent?.split('-')[1]) &&
    is(filters.approval, record.approval) &&
    (filters.since === undefined || record.time >= filters.since) &&
    (filters.until === undefined || record.time < filters.until) &&
    (filters.decision === undefined || filters.decision === decisionOf(record, decision?.allowed)) &&
    (filters.after === undefined || (record.effect !== 'read' && record.request !== undefined))
  )
}

/** A row decides within a handler, a rule before it; either way the caller was told that it may not. */
function decisionOf(record: AuditRecord, allowed: boolean | undefined): 'allowed' | 'denied' | undefined {
  if (record.error?.code === 'PERMISSION_DENIED' || allowed === false) return 'denied'
  return allowed === true ? 'allowed' : undefined
}

function noteMark(marks: Map<string, string>, record: AuditRecord | undefined, { after }: QueryFilters): void {
  if (record === undefined || after === undefined || record.principal === undefined) return
  const marked =
    'request' in after
      ? record.request === after.request
      : record.effect === 'read' && record.targets?.includes(after.target)
  const who = identity(record)
  if (marked && record.time < (marks.get(who) ?? '~')) marks.set(who, record.time)
}

function follows(record: AuditRecord, marks: ReadonlyMap<string, string>): boolean {
  const mark = marks.get(identity(record))
  return mark !== undefined && record.time > mark
}

const identity = (record: AuditRecord): string => JSON.stringify([record.principal?.issuer, record.principal?.subject])
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const list = (values: readonly string[] | undefined): string => (values ?? []).join(' ')
const facts = (detail: Detail = {}): string =>
  Object.entries(detail)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')

function row(record: AuditRecord): Row {
  const { principal, error } = record
  return {
    time: record.time,
    phase: record.phase,
    principal: principal?.subject ?? '',
    actor: principal?.actor ?? '',
    issuer: principal?.issuer ?? '',
    tenant: record.tenant ?? '',
    purpose: list(record.purposes),
    tool: record.target?.name ?? '',
    effect: record.effect ?? '',
    targets: list(record.targets),
    decision: decisionOf(record, record.decision?.allowed) ?? '',
    rule: record.decision?.rule ?? '',
    error: error ? `${error.code}/${error.reason}` : '',
    write: record.write?.state ?? '',
    approval: record.approval ?? '',
    detail: facts(record.detail),
    rows: record.rows ?? '',
    masked: list(record.masked),
    suspicious: list(record.suspicious),
    duration_ms: record.duration_ms ?? '',
    credential: record.credential ?? '',
    client_id: principal?.client_id ?? '',
    request: record.request ?? '',
    traceparent: record.traceparent ?? '',
    input_hmac: record.input?.hmac ?? '',
    output_hmac: record.output?.hmac ?? '',
    key_hmac: record.write?.key_hmac ?? '',
    key_id: record.key_id ?? '',
    chain: record.chain,
    seq: record.seq,
  }
}
