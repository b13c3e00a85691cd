import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ToolError } from '@postern/errors'
import { column, type Migration, openStore, type Store, storeSection } from '@postern/store'
import {
  type Ask,
  type Call,
  compose,
  type Effect,
  type Principal,
  type Reply,
  type Transaction,
  toolsFor,
  type Version,
} from '@postern/tool'
import { z } from 'zod'
import {
  type ApprovalDesk,
  type ApprovalEvent,
  type ApproveOptions,
  approvalsMigrations,
  approvalsSection,
  approve,
} from '../src/index.ts'

interface Schema {
  effects: { key: string; note: string }
}

/** A domain table, to count what really happened. */
const effectsMigration: Migration = {
  component: 'fixture',
  number: 1,
  name: 'effects',
  up: (db) =>
    db.schema
      .createTable('effects')
      .addColumn('key', column.text, (c) => c.primaryKey())
      .addColumn('note', column.text, (c) => c.notNull())
      .execute(),
}

/** A store of its own: embedded in `directory`, or PostgreSQL at `url`. */
export function openTestStore(where: { readonly directory: string } | { readonly url: string }): Promise<Store> {
  const postgres = 'url' in where
  return openStore({
    config: storeSection.parse(postgres ? { kind: 'postgres', url: 'env:URL', tls: 'off' } : { kind: 'sqlite' }),
    ...(postgres && { url: async () => where.url }),
    server: 'tickets',
    environment: 'staging',
    dataDirectory: postgres ? '' : where.directory,
    migrations: [...approvalsMigrations, effectsMigration],
  })
}

export const newDirectory = () => mkdtempSync(join(tmpdir(), 'postern-approvals-'))

export function principal(changes: Partial<Principal> = {}): Principal {
  return {
    issuer: 'https://id.example.com/',
    subject: 'agent-1',
    tenant: 'acme',
    kind: 'user',
    credentialId: 'c-1',
    scopes: [],
    roles: ['support-agent'],
    attributes: {},
    purposes: [],
    readOnly: false,
    ...changes,
  }
}
export const manager = (changes: Partial<Principal> = {}) =>
  principal({ subject: 'manager-1', roles: ['duty-manager'], ...changes })

const defineTool = toolsFor<unknown>()
const shape = {
  project_key: z.string().max(20),
  priority: z.enum(['P0', 'P1', 'P2', 'P3']).optional(),
  title: z.string().max(20_000),
  labels: z.array(z.string()).max(100).optional(),
  estimate_hours: z.number().min(1).optional(),
  notify: z.boolean().optional(),
  draft_id: z.string().optional(),
}
const writeTool = (name: string, version: Version = '1.2.0') =>
  defineTool({
    name,
    version,
    title: 'Create ticket',
    description: 'Creates a ticket.',
    effect: 'write',
    scope: 'tickets:write',
    input: z.strictObject(shape),
    output: z.strictObject({ ticket: z.string() }),
    handler: async () => ({ ticket: 'OPS-1' }),
  })
const createTicket = writeTool('create_ticket')
export const closeTicket = writeTool('close_ticket')
export const createTicketV2 = writeTool('create_ticket', '2.0.0')
export const createTicketV1 = writeTool('create_ticket_v1')
export const searchTickets = defineTool({
  name: 'search_tickets',
  version: '1.0.0',
  title: 'Search tickets',
  description: 'Searches.',
  effect: 'read',
  scope: 'tickets:read',
  input: z.strictObject({ priority: z.string() }),
  output: z.strictObject({ ticket: z.string() }),
  handler: async () => ({ ticket: 'OPS-1' }),
})

export const rulesOf = (section: unknown) => approvalsSection(['create_ticket', 'close_ticket']).parse(section)
const p0ByManager = rulesOf({ create_ticket: { when: { priority: ['P0'] }, by: ['duty-manager'] } })

export interface Sent {
  readonly as?: Principal
  readonly tool?: typeof createTicket
  readonly input?: Record<string, unknown>
  readonly key?: string
  readonly ask?: Ask
  /** Fails after the approval was spent and the effect was made, before the commit. */
  readonly failAtCommit?: boolean
  /** Runs between the check of the approval and the effect. */
  readonly beforeEffect?: () => Promise<void>
  /** Fails when the effect is final for the store: as an upstream does after `sent`. */
  readonly failAfter?: ToolError
}
export type Outcome =
  | { readonly ok: true; readonly notes: Call['notes'] }
  | { readonly ok: false; readonly error: ToolError; readonly notes: Call['notes'] }

export const p0 = { project_key: 'OPS', priority: 'P0', title: 'Mail is down' }

/** A pipeline of one layer over a real store, whose handler writes one row in the transaction of its effect. */
export function bench(store: Store, options: Partial<ApproveOptions> = {}) {
  const events: ApprovalEvent[] = []
  const desk: ApprovalDesk = {
    store,
    environment: 'staging',
    server: 'tickets',
    onEvent: async (event) => {
      events.push(event)
    },
    ...options,
  }
  const layer = approve({ rules: p0ByManager, ...desk, ...options })
  const runWith = (beforeEffect: Sent['beforeEffect']) =>
    compose([layer], async (call) => {
      await beforeEffect?.()
      const { title } = call.input as { title: string }
      await call.effect?.commit(async (transaction) => {
        await store
          .within<Schema>(transaction)
          .insertInto('effects')
          .values({ key: randomUUID(), note: title })
          .execute()
      })
      return { text: '{}', isError: false } satisfies Reply
    })

  const send = async (sent: Sent = {}): Promise<Outcome> => {
    const call = callOf(store, sent)
    try {
      await runWith(sent.beforeEffect)(call)
      return { ok: true, notes: call.notes }
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown
      return { ok: false, error: thrown, notes: call.notes }
    }
  }
  const effects = async () => {
    const rows = await store.query<Schema>().selectFrom('effects').select('note').execute()
    return rows.map((row) => row.note)
  }
  return { desk, events, send, effects }
}

function callOf(store: Store, sent: Sent): Call {
  const key = sent.key ?? 'key-0000-0000-0001'
  return {
    target: sent.tool ?? createTicket,
    principal: sent.as ?? principal(),
    input: { ...(sent.input ?? p0), idempotency_key: key },
    requestId: 'r-1',
    signal: AbortSignal.timeout(30_000),
    client: { transport: 'internal', era: 'internal' },
    idempotencyKey: key,
    effect: effectOver(store, sent),
    ...(sent.ask && { ask: sent.ask }),
    notes: {},
  }
}

/** What idempotency gives a write, without the claim: the change and every further step in one transaction. */
function effectOver(store: Store, { failAtCommit = false, failAfter }: Sent): Effect {
  const steps: ((transaction: Transaction) => Promise<void>)[] = []
  return {
    key: randomUUID(),
    also: (step) => void steps.push(step),
    send: () => Promise.reject(new Error('not used')),
    async commit(run) {
      const result = await store.transaction(async (transaction) => {
        const changed = failAfter === undefined ? await run(transaction) : undefined
        for (const step of steps) await step(transaction)
        if (failAtCommit) throw new ToolError('UPSTREAM_UNAVAILABLE', 'store_down', 'failed at commit')
        return changed
      })
      if (failAfter !== undefined) throw failAfter
      return result as Awaited<ReturnType<typeof run>>
    },
  }
}

/** The approval id of an APPROVAL_REQUIRED. */
export function pendingId(outcome: Outcome): string {
  if (outcome.ok || outcome.error.code !== 'APPROVAL_REQUIRED') throw new Error(`not pending: ${describe(outcome)}`)
  return outcome.error.details['approval_id'] as string
}
export const describe = (outcome: Outcome): string =>
  outcome.ok ? 'ok' : `${outcome.error.code}/${outcome.error.reason}`
