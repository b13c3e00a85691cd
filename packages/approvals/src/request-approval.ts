import { randomBytes } from 'node:crypto'
import { ToolError } from '@postern/errors'
import type { Attributes } from '@postern/policy'
import { sql } from '@postern/store'
import { type Call, canonical, digest } from '@postern/tool'
import type { ApprovalDesk } from './approval-desk.ts'
import type { ApprovalRule } from './approvals-section.ts'
import { type ApprovalRow, type ApprovalsSchema, approvalRows, expired } from './approvals-table.ts'
import { durationMs } from './duration-ms.ts'
import { titleOf } from './summary.ts'

/** A caller who floods the people who approve wears them down until one says yes. */
const pendingMax = 50

export interface Wanted {
  readonly call: Call
  readonly rule: ApprovalRule
  readonly idempotencyKey: string
  /** Of the record that would be written; undefined where the server does not say. */
  readonly rows: Attributes | undefined
  /** Of the arguments. */
  readonly digest: string
  /** Made only when a new request is written. */
  readonly summary: () => string
}

/**
 * The one request for approval of this intended effect; the first call makes it, in whatever process.
 *
 * @throws ToolError RATE_LIMITED when the caller has too many requests open
 */
export async function requestApproval(desk: ApprovalDesk, wanted: Wanted): Promise<ApprovalRow> {
  const binding = bindingOf(desk, wanted)
  const find = () => approvalRows(desk.store).where('binding', '=', binding).executeTakeFirst()
  const found = await find()
  if (found !== undefined) return found
  await create(desk, wanted, binding)
  const made = await find()
  if (made === undefined) throw new Error('a request for approval was deleted while it was made')
  return made
}

/**
 * What an approval is for. A part more or less here is a way around it: another person, another tool, other arguments,
 * a second effect with a key of its own, or a rule that has changed since all need an approval of their own.
 */
function bindingOf(
  { environment, server }: ApprovalDesk,
  { call, rule, idempotencyKey, rows, digest: args }: Wanted,
): string {
  const { tenant, issuer, subject } = call.principal
  const { name, version } = call.target
  const major = version.split('.')[0]
  return digest([
    environment,
    server,
    tenant,
    issuer,
    subject,
    name,
    major,
    args,
    idempotencyKey,
    digest(rule),
    stored(rows),
  ])
}

/** An approver answers for the rows it was shown: a record that has moved since is another one. */
function stored(rows: Attributes | undefined): string | null {
  if (rows === undefined) return null
  return canonical(Object.fromEntries(Object.entries(rows).filter(([, value]) => value !== undefined)))
}

async function create({ store, environment, server, onEvent }: ApprovalDesk, wanted: Wanted, binding: string) {
  const { call, rule, digest: args } = wanted
  const { principal, target } = call
  const id = `apr_${randomBytes(16).toString('base64url')}`
  const row = {
    id,
    binding,
    environment,
    server,
    tenant: principal.tenant,
    issuer: principal.issuer,
    subject: principal.subject,
    actor: principal.actor ?? null,
    tool: target.name,
    title: titleOf(target),
    summary: wanted.summary(),
    digest: args,
    approvers: JSON.stringify(rule.by),
    attributes: stored(wanted.rows),
    self: rule.self ? 1 : 0,
    services: rule.services ? 1 : 0,
    state: 'pending' as const,
    requested_at: store.now,
    expires_at: sql<number>`${store.now} + ${durationMs(rule.expires)}`,
  }
  await store.transaction(async (transaction) => {
    const db = store.within<ApprovalsSchema>(transaction)
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('approvals')
      .values(row)
      .onConflict((on) => on.column('binding').doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows !== 1n) return
    const { pending } = await db
      .selectFrom('approvals')
      .select((eb) => eb.fn.countAll().as('pending'))
      .where('tenant', '=', principal.tenant)
      .where('subject', '=', principal.subject)
      .where('issuer', '=', principal.issuer)
      .where('state', '=', 'pending')
      .where(sql<boolean>`not ${expired(store)}`)
      .executeTakeFirstOrThrow()
    if (Number(pending) > pendingMax) throw tooMany()
    const { tenant, issuer, subject } = principal
    await onEvent?.(
      { kind: 'requested', approvalId: id, tenant, tool: target.name, digest: args, requester: { issuer, subject } },
      transaction,
    )
  })
}

function tooMany(): ToolError {
  return new ToolError(
    'RATE_LIMITED',
    'principal_tool_rate',
    `${pendingMax} calls of yours already wait for approval.`,
    {
      nextStep: 'Wait until some of them are decided or expire, then send the same call with the same idempotency_key.',
      retryAfterMs: 60_000,
    },
  )
}
