import type { Store } from '@postern/store'
import type { ClaimRow, ClaimState, Schema } from './claim-table.ts'
import { type ClaimAt, claimsAt } from './claims.ts'

/** A write as an operator sees it. Plain data; times are ISO 8601. */
export interface WriteSummary {
  readonly id: string
  readonly state: ClaimState
  readonly tool: string
  readonly version: string
  readonly tenant: string
  readonly issuer: string
  readonly subject: string
  /** Of the call, as in the audit trail. */
  readonly request_id: string
  readonly at: string
  readonly sent_at?: string
  readonly recovery?: string
  /** Recoveries that came to nothing. */
  readonly attempts: number
  /** The next one is not before this time. */
  readonly lease_until: string
  /** Why the outcome is unknown, or what an operator wrote. */
  readonly note?: string
}

export interface WriteDetails extends WriteSummary {
  /** What was asked for; kept until the write is done. */
  readonly arguments?: unknown
  readonly outcome?: string
  readonly code?: string
  readonly expires_at?: string
}

export interface ListOptions {
  /** Default: everything that has not ended well, `claimed`, `sent` and `unknown`. */
  readonly states?: readonly ClaimState[]
  /** Default 100, newest first. */
  readonly limit?: number
}

/** The writes of a server that are open or unknown. */
export async function listWrites(store: Store, options: ListOptions = {}): Promise<readonly WriteSummary[]> {
  const rows = await store
    .query<Schema>()
    .selectFrom('idempotency_claims')
    .selectAll()
    .where('state', 'in', options.states ?? ['claimed', 'sent', 'unknown'])
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(options.limit ?? 100)
    .execute()
  return rows.map(summary)
}

/** One write with its arguments, or undefined. */
export async function showWrite(store: Store, id: string): Promise<WriteDetails | undefined> {
  const row = await claimsAt(store).where('id', '=', id).executeTakeFirst()
  return row && details(row)
}

export function details(row: ClaimAt): WriteDetails {
  return {
    ...summary(row),
    ...(row.arguments !== null && { arguments: JSON.parse(row.arguments) as unknown }),
    ...(row.outcome !== null && { outcome: row.outcome }),
    ...(row.code !== null && { code: row.code }),
    ...(row.expires_at !== null && { expires_at: iso(row.expires_at) }),
  }
}

function summary(row: ClaimRow): WriteSummary {
  const { id, state, tool, version, tenant, issuer, subject, request_id, attempts } = row
  return {
    id,
    state,
    tool,
    version,
    tenant,
    issuer,
    subject,
    request_id,
    at: iso(row.created_at),
    ...(row.sent_at !== null && { sent_at: iso(row.sent_at) }),
    ...(row.recovery !== null && { recovery: row.recovery }),
    attempts,
    lease_until: iso(row.lease_until),
    ...(row.note !== null && { note: row.note }),
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()
