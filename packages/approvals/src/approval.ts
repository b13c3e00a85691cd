import { cleanText } from '@postern/tool'
import type { ApprovalRow, ApprovalState } from './approvals-table.ts'

/** A request for approval as a person sees it: plain JSON, safe to print on a terminal. */
export interface Approval {
  readonly approval_id: string
  readonly state: ApprovalState
  readonly environment: string
  readonly server: string
  readonly tenant: string
  readonly tool: string
  readonly title: string
  /** What would happen, built from the validated arguments. */
  readonly summary: string
  readonly requester: Person & { readonly actor?: string }
  /** One of these roles is needed to decide. */
  readonly approvers: readonly string[]
  /** SHA-256 over the canonical arguments, in hex. */
  readonly digest: string
  readonly requested_at: string
  readonly expires_at: string
  readonly decision?: {
    readonly by: Person
    readonly at: string
    readonly through: 'client' | 'desk'
    readonly because?: string
  }
  readonly used_at?: string
}
interface Person {
  readonly issuer: string
  readonly subject: string
}

export function approvalOf(row: ApprovalRow): Approval {
  return {
    approval_id: row.id,
    state: row.status,
    environment: row.environment,
    server: row.server,
    tenant: row.tenant,
    tool: row.tool,
    title: row.title,
    summary: row.summary,
    requester: { ...person(row.issuer, row.subject), ...(row.actor !== null && { actor: name(row.actor) }) },
    approvers: approversOf(row),
    digest: row.digest,
    requested_at: time(row.requested_at),
    expires_at: time(row.expires_at),
    ...decision(row),
    ...(row.used_at !== null && { used_at: time(row.used_at) }),
  }
}

/** The role names of a request. */
export function approversOf(row: Pick<ApprovalRow, 'approvers'>): readonly string[] {
  return JSON.parse(row.approvers) as string[]
}

export const time = (ms: number): string => new Date(ms).toISOString()

function decision(row: ApprovalRow): Pick<Approval, 'decision'> {
  const { decided_at: at, decided_through: through, decided_by_issuer: issuer, decided_by_subject: subject } = row
  if (at === null || through === null || issuer === null || subject === null) return {}
  const because = row.because === null ? {} : { because: row.because }
  return { decision: { by: person(issuer, subject), at: time(at), through, ...because } }
}

const nameCharsMax = 200
const person = (issuer: string, subject: string): Person => ({ issuer, subject: name(subject) })
/** Names come from tokens; a terminal shows them. */
const name = (text: string): string => cleanText(text, nameCharsMax)
