import { ToolError, toEnvelope } from '@postern/errors'
import { type Store, sql } from '@postern/store'
import type { UpstreamFault } from '@postern/testing'
import {
  type Call,
  compose,
  type Effect,
  type Handler,
  type Middleware,
  type Principal,
  type Reply,
  type SendOptions,
  toolsFor,
} from '@postern/tool'
import { z } from 'zod'
import { idempotency } from '../src/idempotency.ts'
import type { WriteOptions } from '../src/options.ts'

/** A server with one write that can be done in every way there is: enough of a pipeline for this package's tests. */
export const ada: Principal = {
  issuer: 'https://id.example.com/',
  subject: 'ada',
  tenant: 'acme',
  kind: 'user',
  credentialId: 'token-1',
  scopes: [],
  roles: ['support'],
  attributes: { projects: ['OPS'] },
  purposes: [],
  readOnly: false,
}

export const ways = ['transaction', 'native-key', 'client-id', 'lookup', 'resend', 'none'] as const
export type Way = (typeof ways)[number]

const Input = z.strictObject({
  text: z.string(),
  way: z.enum(ways).default('transaction'),
  fault: z.string().optional(),
  /** What goes wrong in the handler itself, and where. */
  trouble: z.enum(['before', 'in', 'after', 'output', 'nothing', 'twice', 'late']).optional(),
})
const Output = z.strictObject({
  note: z.strictObject({
    note_id: z.string(),
    text: z.string(),
    email: z.string().optional(),
    untrusted: z.strictObject({ email: z.string().optional() }),
  }),
  masked: z.array(z.string()).optional(),
})

interface Ports {
  readonly store: Store
  readonly upstream: string
  readonly settleMs: number
}
interface Note {
  readonly id: string
  readonly text: string
}

const definition = {
  version: '1.2.0',
  title: 'Log note',
  description: 'Logs a note.',
  scope: 'notes:write',
  effect: 'write',
  input: Input,
  output: Output,
  async handler(
    input: z.output<typeof Input>,
    { ports, effect, signal }: { ports: Ports; effect: Effect; signal: AbortSignal },
  ) {
    if (input.trouble === 'before') throw new ToolError('VALIDATION_ERROR', 'rule', 'The note is not acceptable.')
    if (input.trouble === 'late') await new Promise((resolve) => signal.addEventListener('abort', resolve))
    const note = input.trouble === 'nothing' ? { id: 'none', text: input.text } : await write(input, ports, effect)
    if (input.trouble === 'twice') await write(input, ports, effect)
    if (input.trouble === 'after') throw new Error('the handler has a bug')
    const email = 'ada@example.com'
    return {
      note: { note_id: note.id, text: note.text, email, untrusted: { email } },
      ...(input.trouble === 'output' && { surplus: true }),
    }
  },
} as const
const defineTool = toolsFor<Ports>()
export const logNote = defineTool({ ...definition, name: 'log_note' })
export const logOther = defineTool({ ...definition, name: 'log_other' })

export interface NotesTable {
  notes: { id: string; text: string }
}

async function write(input: z.output<typeof Input>, ports: Ports, effect: Effect): Promise<Note> {
  const { way, text } = input
  if (way === 'transaction')
    return effect.commit(async (transaction) => {
      const db = ports.store.within<NotesTable>(transaction)
      const id = `note-${effect.key.slice(0, 12)}`
      await db.insertInto('notes').values({ id, text }).execute()
      if (input.trouble === 'in') throw new ToolError('CONFLICT', 'stale', 'The note has changed.')
      return { id, text }
    })
  const dedupe = way === 'native-key' || way === 'client-id'
  const options: SendOptions<Note> = {
    method: `notes.${way}`,
    ...((way === 'lookup' || way === 'resend') && {
      find: (key, signal) => find(ports, key, signal),
      settleMs: ports.settleMs,
      whenMissing: way === 'resend' ? 'resend' : 'unknown',
    }),
  }
  const path = dedupe ? 'native-key' : 'search'
  const fault = input.fault === undefined ? undefined : faultOf(input.fault)
  return effect.send((key, signal) => post(ports, path, { marker: text, label: key, fault }, signal), options)
}

/** What the vendor is to do with this note, such as `reset-after` its effect. */
function faultOf(name: string): UpstreamFault {
  const [what, at = 'before'] = name.split('-')
  return { do: what, at } as UpstreamFault
}

interface Body {
  readonly marker: string
  readonly label: string
  readonly fault: UpstreamFault | undefined
}

async function post({ upstream }: Ports, path: string, body: Body, signal: AbortSignal): Promise<Note> {
  let response: Response
  try {
    response = await fetch(`${upstream}/${path}/entries`, {
      method: 'POST',
      headers: { 'idempotency-key': body.label },
      body: JSON.stringify(body),
      signal,
    })
  } catch (cause) {
    if (code(cause) === 'ECONNREFUSED')
      throw new ToolError('UPSTREAM_UNAVAILABLE', 'refused', 'Nobody is there.', { cause })
    throw new ToolError('UPSTREAM_TIMEOUT', 'outcome_unknown', 'No answer came.', { cause })
  }
  if (response.status === 422) throw new ToolError('VALIDATION_ERROR', 'rule', 'The vendor does not want this note.')
  if (response.status === 429)
    throw new ToolError('RATE_LIMITED', 'upstream_rate', 'The vendor is busy.', { retryAfterMs: 1 })
  if (!response.ok) throw new ToolError('UPSTREAM_UNAVAILABLE', 'outcome_unknown', 'The vendor failed.')
  return note(await response.json())
}

function note(entry: unknown): Note {
  const { id, marker } = entry as { id: string; marker: string }
  return { id, text: marker }
}

const code = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error && 'code' in error.cause ? error.cause.code : undefined

async function find({ upstream }: Ports, key: string, signal: AbortSignal): Promise<Note | undefined> {
  const response = await fetch(`${upstream}/search/entries?label=${key}`, { signal })
  return ((await response.json()) as unknown[]).map(note)[0]
}

export interface NotesOptions extends Partial<Omit<WriteOptions, 'store'>> {
  readonly store: Store
  readonly upstream?: string
  readonly settleMs?: number
}
interface CallOptions extends Partial<Omit<Call, 'input' | 'target'>> {
  readonly tool?: typeof logNote | typeof logOther
  /** Runs between idempotency and the handler, as approval does. */
  readonly approve?: Middleware
}

export interface NotesServer {
  readonly options: WriteOptions
  /** Calls a tool. Never throws: errors come back as replies, rendered like the outermost layer does. */
  call(input: Record<string, unknown>, over?: CallOptions): Promise<Reply>
}

function toReply(error: ToolError, requestId: string): Reply {
  const envelope = toEnvelope(error, requestId, 'support@example.com')
  return {
    text: JSON.stringify(envelope),
    isError: true,
    error: envelope.error,
    meta: { 'dev.postern/error': envelope.error },
  }
}

export function notesServer({
  store,
  upstream = 'http://127.0.0.1:2',
  settleMs = 0,
  ...over
}: NotesOptions): NotesServer {
  const ports: Ports = { store, upstream, settleMs }
  const handle: Handler = async (call) => {
    const data = await call.target.run(call, ports)
    const checked = call.target.output.safeParse(data)
    if (!checked.success) throw new ToolError('INTERNAL', 'output_contract', 'The answer broke its contract.')
    call.notes.record = { port: 'notes', attributes: { project: ['OPS'], tenant: call.principal.tenant } }
    return { text: JSON.stringify(checked.data), isError: false, data: checked.data as Record<string, unknown> }
  }
  const options: WriteOptions = {
    store,
    environment: 'development',
    server: 'notes',
    recovery: {
      'notes.native-key': 'native-key',
      'notes.client-id': 'client-id',
      'notes.lookup': 'lookup',
      'notes.resend': 'lookup',
      'notes.none': 'none',
    },
    target: (name) => [logNote, logOther].find((tool) => tool.name === name),
    resume: handle,
    toReply,
    mayReplay: () => 'ok',
    ...over,
  }
  const writesOnce = idempotency(options)
  let requests = 0
  return {
    options,
    async call(input, { tool = logNote, approve, ...call } = {}) {
      requests += 1
      const parsed = tool.input.parse(input) as { idempotency_key: string }
      const whole: Call = {
        target: tool,
        principal: ada,
        input: parsed,
        idempotencyKey: parsed.idempotency_key,
        requestId: `request-${process.pid}-${requests}`,
        signal: new AbortController().signal,
        client: { transport: 'internal', era: 'internal' },
        notes: {},
        ...call,
      }
      try {
        return await compose([writesOnce, ...(approve ? [approve] : [])], handle)(whole)
      } catch (error) {
        return toReply(ToolError.from(error), whole.requestId)
      }
    },
  }
}

/** Ends all leases at once: what a wait of half a minute would do. */
export async function endLeases(store: Store): Promise<void> {
  const db = store.query<{ idempotency_claims: { lease_until: number; sent_at: number | null } }>()
  await db.updateTable('idempotency_claims').set({ lease_until: 0, sent_at: sql<number>`sent_at - 60000` }).execute()
}
